import type { Backend, DeviceInfo, MemoryInfo } from './backend.js';
import { HebbError } from './errors.js';
import { NativeBackend } from './native-backend.js';

let current: Backend | undefined;

/** The backend of this thread; the native engine unless another was set. Loaded on first use. */
export function backend(): Backend {
  current ??= new NativeBackend();
  return current;
}

/** Computes on another backend from now on. Tensors made before stay with the old one and must not be used any more. */
export function setBackend(replacement: Backend): void {
  current = replacement;
}

/** The devices that this machine could have, each with the reason when it is not available. */
export function devices(): readonly DeviceInfo[] {
  return backend().devices;
}

/** Memory held by tensors, in bytes. */
export function memory(): MemoryInfo {
  return backend().memory();
}

/**
 * Limits the memory of tensors, in bytes; 0 lifts the limit. Past it operations throw `out-of-memory` and nothing is lost. The limit is
 * nine tenths of the memory that the process may use until it is set.
 * @throws HebbError `range` for a negative or fractional number.
 */
export function setMemoryBudget(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new HebbError('range', `setMemoryBudget: expected a whole number of bytes from 0, received ${bytes}.`);
  }
  backend().setMemoryBudget(bytes);
}

/** Makes `memory().peakBytes` start again from the bytes held now. */
export function resetPeakMemory(): void {
  backend().resetPeakMemory();
}

/** Gives freed blocks that are kept for reuse back to the operating system. */
export function trimMemory(): void {
  backend().trimMemory();
}

/** CPU threads in use: `HEBB_NUM_THREADS`, else one a core. */
export function threads(): number {
  return backend().threads();
}

/** @throws HebbError `range` unless the count is a whole number from 1 to 1024. */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    throw new HebbError('range', `setThreads: expected a whole number from 1 to 1024, received ${count}.`);
  }
  backend().setThreads(count);
}
