import { fullOp } from '../ops/full.js';
import type { Tensor } from '../tensor.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { evaluator } from './evaluator.js';
import { keep } from './scope.js';

const MOST = 256;
const caches: Readonly<Record<Device, Map<DType, Map<number, Tensor>>>> = { cpu: new Map(), cuda: new Map() };

/**
 * The scalar that stands for a JavaScript number in an expression such as `x.mul(2)`. Programs use few different numbers many
 * times, so the last ones stay.
 */
export function constant(value: number, dtype: DType, device: Device): Tensor {
  const cache = caches[device];
  const scalars = cache.get(dtype) ?? new Map<number, Tensor>();
  cache.set(dtype, scalars);
  // A Map finds -0 where 0 was meant.
  const known = Object.is(value, -0) ? undefined : scalars.get(value);
  if (known && known.handle !== 0) return known;
  const made = keep(evaluator.apply(fullOp, [], { shape: [], value, dtype, device })[0]);
  if (scalars.size >= MOST) scalars.clear();
  if (!Object.is(value, -0)) scalars.set(value, made);
  return made;
}
