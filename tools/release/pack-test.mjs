// Packs every public package, installs the tarballs into an empty project without a compiler on PATH, and runs the README's example
// and a look at the devices there: what a user gets from `npm install hebb`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeBlocks } from '../docs/blocks.mjs';
import { writeDrawnMnist } from '../docs/drawn-mnist.mjs';
import { root } from '../setup/build.mjs';
import { workspaces } from './workspaces.mjs';

const folder = mkdtempSync(join(tmpdir(), 'hebb-pack-'));
try {
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  for (const { directory, manifest } of workspaces()) {
    if (!manifest.private)
      execFileSync('npm', ['pack', '--pack-destination', tarballs, '--loglevel', 'error'], { cwd: directory });
  }
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifestOf(tarballs)));
  const env = environment();
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel', 'error'], project, env);
  const [example] = codeBlocks(join(root, 'README.md'), 'ts');
  // The example is TypeScript without types of its own, and so JavaScript.
  writeFileSync(join(project, 'example.mjs'), example);
  const data = join(folder, 'data');
  writeDrawnMnist(data, { train: 2000, test: 500 });
  run('node', ['example.mjs'], project, { ...env, HEBB_DATA: data });
  writeFileSync(join(project, 'devices.mjs'), "import { devices } from 'hebb';\nconsole.log(devices());\n");
  run('node', ['devices.mjs'], project, env);
  console.log('pack test passed');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Depends on every tarball, and makes the packages' own ranges resolve to them. */
function manifestOf(tarballs) {
  const files = readdirSync(tarballs).map((file) => `file:${join(tarballs, file)}`);
  const named = Object.fromEntries(files.map((file) => [nameIn(file.slice(5)), file]));
  return { name: 'empty', private: true, type: 'module', dependencies: named, overrides: named };
}

function nameIn(tarball) {
  return JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })).name;
}

/** A PATH that holds node, npm and a shell, and no compiler. */
function environment() {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['node', 'npm', 'npx', 'sh', 'env', 'uname', 'tar']) {
    symlinkSync(realpathSync(execFileSync('which', [name], { encoding: 'utf8' }).trim()), join(bin, name));
  }
  return { ...process.env, PATH: bin, NODE: join(bin, 'node') };
}

function run(command, args, cwd, env) {
  execFileSync(join(dirname(env.NODE), command), args, { cwd, env, stdio: 'inherit' });
}
