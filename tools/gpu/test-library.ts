// What the tests open as the device 'cuda': the engine itself where there is a card, else its kernels compiled for the CPU
// (`npm run build:emulated`), else nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const engine = join(native, 'platform', `${process.platform}-${process.arch}-cuda`, 'lib', 'libhebb_cuda.so');
const emulated = join(native, 'build', 'emulated', 'test', 'emulated', 'libhebb_emulated.so');

/** The path; undefined where there is neither. */
export function testLibrary(): string | undefined {
  if (process.env.HEBB_CUDA_LIBRARY) return process.env.HEBB_CUDA_LIBRARY;
  if (existsSync(engine) && existsSync('/dev/nvidiactl')) return engine;
  return existsSync(emulated) ? emulated : undefined;
}

/** For vitest, which calls it once: says what tests of the GPU run on, or why they do not. */
export default async function setup(): Promise<void> {
  const library = testLibrary();
  if (library === undefined) {
    console.log('cuda: tests skipped: no GPU with an engine, and no stand-in for it; "npm run build:emulated" makes one');
    return;
  }
  process.env.HEBB_CUDA_LIBRARY = library;
  const { loadEngine } = await import('../../native/src/ts/index.js');
  try {
    const [, { available, detail }] = loadEngine().devices;
    console.log(available ? `cuda: tests run on ${detail}: ${library}` : `cuda: tests skipped: ${detail}`);
  } catch {
    // Without the CPU's engine every test will say so.
  }
}
