import { checkDevice, type Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { makeTensor } from '../core/evaluator.js';
import { apply, type Op } from '../core/op.js';
import { backend } from '../core/runtime.js';
import type { Tensor } from '../tensor.js';

export const toOp: Op<Device> = {
  name: 'to',
  infer: (inputs) => inputs,
  compose: ([x], device) => {
    if (x.disposed) throw insideStep(device);
    return [makeTensor(x.dtype, x.shape, backend().copy(x.handle, device), device)];
  },
  // d = g on the device that x came from
  vjp: ({ inputs: [x], cotangents: [g] }) => [g && to(g, x.device)],
};

/**
 * The values on another device; the tensor itself where it is there already. Nothing else moves data between devices. Gradients go back
 * the same way.
 *
 * @throws HebbError `argument` when that is no device, `unsupported` when it is not available, `state` in a compiled step, which runs on
 * one device.
 */
export function to<D extends DType>(x: Tensor<D>, device: Device): Tensor<D> {
  if (x.device === device) return x;
  checkDevice(device, 'to');
  return apply(toOp, [x], device);
}

/** Tensors of a trace have no memory to copy. */
function insideStep(device: Device): HebbError {
  return new HebbError(
    'state',
    `to: a compiled step runs on one device, and a tensor was to be moved to ${device} in it; move what you pass to the step.`,
  );
}
