// `npm run test:gpu-kit`: packs the kit, unpacks it in an empty folder without node and npm in PATH, and runs it there on the kernels
// compiled for the CPU (`npm run build:emulated`): tests of ops and devices pass, what needs a GPU is skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/build.mjs';

const emulated = join(root, 'native', 'build', 'emulated', 'test', 'emulated', 'libhebb_emulated.so');
if (!existsSync(emulated)) fail('no stand-in for a GPU: npm run build:emulated');
const folder = mkdtempSync(join(tmpdir(), 'hebb-gpu-kit-'));
try {
  const kit = join(folder, 'kit');
  if (spawnSync(process.execPath, [join(root, 'tools', 'gpu', 'kit.mjs'), kit], { stdio: 'inherit' }).status !== 0)
    fail('not packed');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const link = (name, ...command) =>
    symlinkSync(spawnSync(command[0], command.slice(1), { encoding: 'utf8' }).stdout.trim(), join(bin, name));
  for (const name of ['sh', 'cat', 'dirname', 'mkdir']) link(name, 'which', name);
  // What is called python3 may be a script that chooses one.
  link('python3', 'python3', '-c', 'import sys; print(sys.executable)');
  const out = join(folder, 'out');
  const env = { PATH: bin, HOME: folder, LANG: 'C.UTF-8' };
  const { status } = spawnSync(join(kit, 'run.sh'), ['--library', emulated, '--out', out], {
    cwd: folder,
    env,
    stdio: 'inherit',
  });
  const report = readFileSync(join(out, 'gpu-report.md'), 'utf8');
  console.log(report);
  if (status !== 0) fail(`run.sh ended with ${status}`);
  for (const step of ['ops', 'devices']) if (!report.includes(`| ${step} | passed |`)) fail(`${step} did not pass`);
  console.log('gpu kit test passed');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fail(reason) {
  throw new Error(`test:gpu-kit: ${reason}`);
}
