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

/** For vitest, which calls it once. */
export default function setup(): void {
  const library = testLibrary();
  console.log(
    library
      ? `cuda: tests run on ${library}`
      : 'cuda: tests skipped: no GPU with an engine, and no emulated one; "npm run build:emulated" makes it',
  );
}
