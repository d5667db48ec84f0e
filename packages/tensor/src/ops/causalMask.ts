import type { Backend } from '../core/backend.js';
import type { Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { evaluator } from '../core/evaluator.js';
import { withReader } from '../core/op.js';
import { backend } from '../core/runtime.js';
import { keep } from '../core/scope.js';
import type { Tensor } from '../tensor.js';
import { tensor } from './tensor.js';

/** Masks kept for the next call; a model has one, and a few lengths of input more. */
const MOST = 8;

const masks = new WeakMap<Backend, Map<string, Tensor>>();

/** What hides later keys when it is added to scores [..., T, S]: −Infinity where the key's place is past the query's, else 0. */
export function causalMask<D extends DType>(dtype: D, { shape, device }: Tensor): Tensor<D> {
  const [rows, columns] = shape.slice(-2);
  const key = `${device} ${dtype} ${rows} ${columns}`;
  const cache = masks.get(backend()) ?? new Map<string, Tensor>();
  masks.set(backend(), cache);
  const known = cache.get(key);
  if (known && !known.disposed) return known as Tensor<D>;
  const mask = keep(make(dtype, rows, columns, device));
  cache.set(key, mask);
  // Tapes may still hold the one that goes: the garbage collector frees it.
  if (cache.size > MOST) cache.delete(cache.keys().next().value as string);
  return mask;
}

function make<D extends DType>(dtype: D, rows: number, columns: number, device: Device): Tensor<D> {
  const values = dtype === 'float64' ? new Float64Array(rows * columns) : new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) values.fill(-Infinity, Math.min(i + 1, columns) + i * columns, (i + 1) * columns);
  return withReader(evaluator, () => tensor<D>(values, { shape: [rows, columns], dtype, device }));
}
