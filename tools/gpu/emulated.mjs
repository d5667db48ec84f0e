// `npm run build:emulated`: builds native/build/emulated/test/emulated/libhebb_emulated.so, the CUDA engine's kernels compiled for the CPU.
// The tests open it as the device 'cuda' where there is no GPU (vitest.config.ts).
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/build.mjs';

const native = join(root, 'native');
const build = join(native, 'build', 'emulated');

run('cmake', ['-S', native, '-B', build, '-DHEBB_ADDON=OFF', '-DHEBB_CPU=OFF', '-DHEBB_EMULATED=ON']);
run('cmake', ['--build', build, '--target', 'hebb_emulated', '--parallel', String(availableParallelism())]);

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
