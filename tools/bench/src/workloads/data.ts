import { defaultGenerator, getPolicy, keep, scope, type Tensor } from 'hebb';

/** Normally distributed images [N, size, size, channels]. */
export function images(n: number, channels: number, size: number): Tensor {
  return normal([n, size, size, channels]);
}

export function normal(shape: readonly number[]): Tensor {
  return keep(defaultGenerator().normal(shape));
}

/** An operand of a product or convolution: bfloat16 where layers would compute in it. */
export function operand(shape: readonly number[]): Tensor {
  const dtype = getPolicy() === 'mixed_bfloat16' ? 'bfloat16' : 'float32';
  return keep(scope(() => defaultGenerator().normal(shape, { dtype })));
}

/** Evenly distributed in [0, 1). */
export function uniform(shape: readonly number[]): Tensor {
  return keep(defaultGenerator().uniform(shape));
}

/** Labels [N] from 0 to classes − 1. */
export function labels(n: number, classes: number): Tensor {
  return codes([n], classes);
}

/** Whole numbers from 0 to count − 1. */
export function codes(shape: readonly number[], count: number): Tensor {
  return keep(scope(() => defaultGenerator().uniform(shape, { high: count }).floor().cast('int32')));
}
