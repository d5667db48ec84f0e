// `npm run build:cuda [-- --require] [-- --libraries]`: builds libhebb_cuda.so and lays it out as its platform package. Where there is no nvcc,
// or no headers and no way to fetch them, it says so and is done; with --require that is a failure. With --libraries NVIDIA's libraries are
// fetched, too (1.7 GB), so that cuDNN and NVRTC are asked without a GPU. HEBB_CUDA_ARCHITECTURES (CMake's words) overrides the GPUs that it
// is built for.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/build.mjs';

const checks = {
  hebb_rtc_check: 'compiles generated code by NVRTC',
  hebb_dnn_check: 'asks cuDNN how it convolves on GPUs that are described to it',
};
const native = join(root, 'native');
const build = join(native, 'build', 'cuda');
const staged = join(native, 'platform', 'linux-x64-cuda', 'lib');

const nvcc = ['nvcc', '/usr/local/cuda/bin/nvcc'].find((path) => spawnSync(path, ['--version']).status === 0);
if (nvcc === undefined) skip('no nvcc found');

const wanted = ['--fetch', ...process.argv.filter((word) => word === '--libraries')];
const found = spawnSync('python3', [join(root, 'tools', 'gpu', 'headers.py'), ...wanted], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (found.status !== 0) skip("NVIDIA's headers were not found and could not be fetched");
const [headers, libraries] = found.stdout.split('\n');

const architectures = process.env.HEBB_CUDA_ARCHITECTURES;
run('cmake', [
  ...['-S', native, '-B', build, '-DHEBB_ADDON=OFF', '-DHEBB_CPU=OFF', '-DHEBB_CUDA=ON'],
  ...[`-DCMAKE_CUDA_COMPILER=${nvcc}`, `-DHEBB_CUDA_INCLUDE=${headers}`],
  ...(architectures ? [`-DCMAKE_CUDA_ARCHITECTURES=${architectures}`] : []),
]);
run('cmake', ['--build', build, '--target', 'hebb_cuda', ...Object.keys(checks), '--parallel', String(availableParallelism())]);
for (const [check, what] of Object.entries(checks)) ask(check, what);
mkdirSync(staged, { recursive: true });
// A process that has the old library open keeps it.
const target = join(staged, 'libhebb_cuda.so');
copyFileSync(join(build, 'lib', 'libhebb_cuda.so'), `${target}.new`);
renameSync(`${target}.new`, target);
console.log(`CUDA: engine staged in ${staged}`);

// A check skips where it finds no library.
function ask(check, what) {
  console.log(`CUDA: ${what} …`);
  const places = [libraries, process.env.HEBB_CUDA_PATH].filter(Boolean).join(':');
  const { status } = spawnSync(join(build, 'src', 'cuda', check), {
    stdio: 'inherit',
    env: { ...process.env, ...(places && { HEBB_CUDA_PATH: places }) },
  });
  if (status !== 0 && !(status === 77 && !libraries)) process.exit(1);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function skip(reason) {
  console.log(`CUDA: ${reason}, skipped${existsSync(staged) ? ' (an engine built before stays)' : ''}`);
  process.exit(process.argv.includes('--require') ? 1 : 0);
}
