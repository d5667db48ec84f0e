// Checks what devices() says about the GPU: that it works, or, where the engine was built and does not open, which of NVIDIA's libraries
// were looked for, under which names and where.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadEngine } from '../../native/dist/index.js';
import { root } from '../setup/build.mjs';

const library = join(root, 'native', 'platform', 'linux-x64-cuda', 'lib', 'libhebb_cuda.so');
if (!existsSync(library)) {
  console.log('CUDA: not built, skipped');
  process.exit(0);
}
const report = loadEngine().devices.find(({ name }) => name === 'cuda');
console.log(`cuda: ${report?.available ? 'available' : 'not available'}: ${report?.detail}`);
if (!report) process.exit(1);
if (!report.available) {
  const noGpu = /driver (finds no GPU|is too old)|is too old: Hebb needs/.test(report.detail);
  const search = ['libraries are missing', 'libcuda.so.1', "the system's search path", 'HEBB_CUDA_PATH'];
  if (!noGpu && !search.every((part) => report.detail.includes(part))) {
    console.error('The message names neither a GPU nor the libraries that were looked for.');
    process.exit(1);
  }
}
