import type { Layer } from '@hebb/layers';
import { checkAvailable, DEVICES, type Device, devices, getDefaultDevice, HebbError } from '@hebb/tensor';

/**
 * Where a trainer computes.
 * @param wanted default: where the model is, or is to be, else the default device
 */
export function chooseDevice(model: Layer, wanted?: Device | 'auto'): Device {
  if (wanted === 'auto') return devices().some(({ name, available }) => name === 'cuda' && available) ? 'cuda' : 'cpu';
  if (wanted === undefined) return model.variables[0]?.device ?? model.placement ?? getDefaultDevice();
  if (!DEVICES.includes(wanted)) {
    const names = ['auto', ...DEVICES].map((name) => `'${name}'`).join(', ');
    throw new HebbError('argument', `Trainer: expected a device, one of ${names}, received ${JSON.stringify(wanted)}.`);
  }
  checkAvailable(wanted, 'Trainer');
  return wanted;
}
