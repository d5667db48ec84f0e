// `npm run build:cuda [-- --require]`: builds libhebb_cuda.so and lays it out as its platform package. Where there is no nvcc, or no
// headers and no way to fetch them, it says so and is done; with --require that is a failure. HEBB_CUDA_ARCHITECTURES (CMake's words)
// overrides the GPUs that it is built for.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/build.mjs';

const native = join(root, 'native');
const build = join(native, 'build', 'cuda');
const staged = join(native, 'platform', 'linux-x64-cuda', 'lib');

const nvcc = ['nvcc', '/usr/local/cuda/bin/nvcc'].find((path) => spawnSync(path, ['--version']).status === 0);
if (nvcc === undefined) skip('no nvcc found');

const headers = spawnSync('python3', [join(root, 'tools', 'gpu', 'headers.py'), '--fetch'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (headers.status !== 0) skip("NVIDIA's headers were not found and could not be fetched");

const architectures = process.env.HEBB_CUDA_ARCHITECTURES;
run('cmake', [
  ...['-S', native, '-B', build, '-DHEBB_ADDON=OFF', '-DHEBB_CPU=OFF', '-DHEBB_CUDA=ON'],
  ...[`-DCMAKE_CUDA_COMPILER=${nvcc}`, `-DHEBB_CUDA_INCLUDE=${headers.stdout.trim()}`],
  ...(architectures ? [`-DCMAKE_CUDA_ARCHITECTURES=${architectures}`] : []),
]);
run('cmake', ['--build', build, '--target', 'hebb_cuda', 'hebb_rtc_check', '--parallel', String(availableParallelism())]);
checkGeneratedCode();
mkdirSync(staged, { recursive: true });
// A process that has the old library open keeps it.
const target = join(staged, 'libhebb_cuda.so');
copyFileSync(join(build, 'lib', 'libhebb_cuda.so'), `${target}.new`);
renameSync(`${target}.new`, target);
console.log(`CUDA: engine staged in ${staged}`);

// Where there is NVRTC; no GPU is needed.
function checkGeneratedCode() {
  const { status, stdout } = spawnSync(join(build, 'src', 'cuda', 'hebb_rtc_check'), { encoding: 'utf8' });
  console.log(stdout);
  if (status !== 0 && status !== 77) process.exit(1);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function skip(reason) {
  console.log(`CUDA: ${reason}, skipped${existsSync(staged) ? ' (an engine built before stays)' : ''}`);
  process.exit(process.argv.includes('--require') ? 1 : 0);
}
