import { type Device, devices } from '@hebb/tensor';

/** The devices of this machine: tests of ops run on each of them. */
export function presentDevices(): readonly Device[] {
  return devices().flatMap(({ name, available }) => (available ? [name] : []));
}

/** Whether tests on the GPU can run: `describe.skipIf(!hasCuda())`. vitest's set-up says which library they run on, or why they do not. */
export function hasCuda(): boolean {
  return presentDevices().includes('cuda');
}
