import { HebbError } from './errors.js';

/** Where tensors live and are computed with: the CPU, or the first NVIDIA GPU. */
export type Device = 'cpu' | 'cuda';

/** Every device that there could be; `devices()` tells which there are. */
export const DEVICES: readonly Device[] = ['cpu', 'cuda'];

/** What creation functions take where a dtype alone does not say enough. */
export interface CreationOptions<D> {
  /** Default float32. */
  dtype?: D;
  /** Default: `getDefaultDevice()`. */
  device?: Device;
}

let chosen: Device = 'cpu';

/** Where creation functions make tensors unless they are told; 'cpu' unless {@link setDefaultDevice} said otherwise. */
export function getDefaultDevice(): Device {
  return chosen;
}

/** @internal `setDefaultDevice` without its checks. */
export function chooseDevice(device: Device): void {
  chosen = device;
}

/** @throws HebbError `argument` when the value names no device. */
export function checkDevice(value: unknown, where: string): asserts value is Device {
  if (DEVICES.includes(value as Device)) return;
  throw new HebbError(
    'argument',
    `${where}: expected a device ('${DEVICES.join("' or '")}'), received ${JSON.stringify(value) ?? String(value)}.`,
  );
}

/** The device of an option: the default where it says nothing. */
export function deviceOption(device: Device | undefined, where: string): Device {
  if (device === undefined) return chosen;
  checkDevice(device, where);
  return device;
}

/** What a creation function was told: a dtype, or options with dtype and device. */
export function creationOptions<D extends string>(
  given: D | CreationOptions<D> | undefined,
  where: string,
): CreationOptions<D> & { device: Device } {
  if (given === undefined || typeof given === 'string') return { dtype: given, device: chosen };
  if (typeof given !== 'object' || given === null) return { dtype: given as D, device: chosen };
  return { dtype: given.dtype, device: deviceOption(given.device, where) };
}
