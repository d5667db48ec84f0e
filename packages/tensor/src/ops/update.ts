import { checkFloat, checkSame, checkSameDType, show } from '../core/check.js';
import { type DType, isHalf } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { applyAll, type Op, type Spec } from '../core/op.js';
import type { Tensor } from '../tensor.js';

export interface SgdUpdate {
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
}

export interface AdamUpdate {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** AdamW: weights decay by themselves instead of through the gradient. */
  decoupled: boolean;
}

/** Parameter and slots must be alike; learning rate and step are scalars. */
function checkUpdate(op: string, parameter: Spec, like: readonly Spec[], scalars: readonly Spec[]): void {
  checkFloat(op, parameter);
  if (isHalf(parameter.dtype))
    throw new HebbError('dtype', `${op}: expected a parameter of float32 or float64, received ${show(parameter)}.`);
  for (const x of like) {
    checkSameDType(op, parameter, x);
    checkSame(op, 'gradient and slots', x, parameter.shape);
  }
  for (const x of scalars) {
    checkSameDType(op, parameter, x);
    checkSame(op, 'learning rate and step', x, []);
  }
}

export const sgdUpdateOp: Op<SgdUpdate> = {
  name: 'sgdUpdate',
  inPlace: [
    [0, 0],
    [1, 2],
  ],
  infer: ([p, g, ...rest]) => {
    const m = rest.slice(0, -1);
    checkUpdate('sgdUpdate', p, [g, ...m], rest.slice(-1));
    return [p, ...m];
  },
  view: (_inputs, _outputs, { momentum, nesterov, weightDecay }) => ({ attributes: [momentum, Number(nesterov), weightDecay] }),
};

export const adamUpdateOp: Op<AdamUpdate> = {
  name: 'adamUpdate',
  inPlace: [
    [0, 0],
    [1, 2],
    [2, 3],
  ],
  infer: ([p, g, m, v, learningRate, step]) => {
    checkUpdate('adamUpdate', p, [g, m, v], [learningRate, step]);
    return [p, p, p];
  },
  view: (_inputs, _outputs, { beta1, beta2, epsilon, weightDecay, decoupled }) => ({
    attributes: [beta1, beta2, epsilon, weightDecay, Number(decoupled)],
  }),
};

/**
 * One step of gradient descent in one pass over memory: the new parameter, and the new momentum slot where there is one.
 * g += weightDecay·p; m' = momentum·m + g; p' = p − learningRate·(nesterov ? g + momentum·m' : m'), or learningRate·g without m.
 */
export function sgdUpdate<D extends DType>(
  parameter: Tensor<D>,
  gradient: Tensor<D>,
  learningRate: Tensor<D>,
  momentum: Tensor<D> | undefined,
  options: SgdUpdate,
): readonly Tensor<D>[] {
  const inputs = momentum ? [parameter, gradient, momentum, learningRate] : [parameter, gradient, learningRate];
  return applyAll(sgdUpdateOp, inputs, options) as readonly Tensor<D>[];
}

/**
 * One step of Adam (Kingma & Ba 2015, algorithm 1) or AdamW (Loshchilov & Hutter 2019, algorithm 2) in one pass over memory:
 * the new parameter, first and second moment. `step` counts from 1.
 */
export function adamUpdate<D extends DType>(
  parameter: Tensor<D>,
  gradient: Tensor<D>,
  first: Tensor<D>,
  second: Tensor<D>,
  learningRate: Tensor<D>,
  step: Tensor<D>,
  options: AdamUpdate,
): readonly [Tensor<D>, Tensor<D>, Tensor<D>] {
  const [p, m, v] = applyAll(
    adamUpdateOp,
    [parameter, gradient, first, second, learningRate, step],
    options,
  ) as readonly Tensor<D>[];
  return [p, m, v];
}
