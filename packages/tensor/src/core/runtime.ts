import type { Backend, DeviceInfo, MemoryInfo } from './backend.js';
import { checkDevice, chooseDevice, type Device } from './device.js';
import { HebbError } from './errors.js';
import { NativeBackend, unavailable } from './native-backend.js';

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

/**
 * Makes creation functions put tensors on a device from now on. What exists already stays where it is: see `Tensor.to` and `Layer.to`.
 * @throws HebbError `unsupported` for a device that is not available, saying why.
 */
export function setDefaultDevice(device: Device): void {
  checkAvailable(device, 'setDefaultDevice');
  chooseDevice(device);
}

/** @throws HebbError `argument` when the value names no device, `unsupported` when it is not available, saying why. */
export function checkAvailable(device: unknown, where: string): asserts device is Device {
  checkDevice(device, where);
  if (device !== 'cpu' && !devices().some(({ name, available }) => name === device && available))
    throw unavailable(where, device, devices());
}

/** Memory held by the tensors of a device, in bytes. @param device default 'cpu' */
export function memory(device: Device = 'cpu'): MemoryInfo {
  checkDevice(device, 'memory');
  return backend().memory(device);
}

/**
 * Limits the memory of a device's tensors, in bytes; 0 lifts the limit. Past it operations throw `out-of-memory` and nothing is lost. Until it
 * is set the limit is nine tenths of the memory that the process may use on the CPU; a GPU has none.
 * @param device default 'cpu'
 * @throws HebbError `range` for a negative or fractional number.
 */
export function setMemoryBudget(bytes: number, device: Device = 'cpu'): void {
  checkDevice(device, 'setMemoryBudget');
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new HebbError('range', `setMemoryBudget: expected a whole number of bytes from 0, received ${bytes}.`);
  }
  backend().setMemoryBudget(bytes, device);
}

/** Makes `memory().peakBytes` start again from the bytes held now. @param device default 'cpu' */
export function resetPeakMemory(device: Device = 'cpu'): void {
  checkDevice(device, 'resetPeakMemory');
  backend().resetPeakMemory(device);
}

/** Gives freed blocks that are kept for reuse back to the operating system or the GPU's driver. @param device default 'cpu' */
export function trimMemory(device: Device = 'cpu'): void {
  checkDevice(device, 'trimMemory');
  backend().trimMemory(device);
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
