import { checkBool, checkSameDType } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { apply, type Op } from '../core/op.js';
import { sumTo } from '../core/sum-to.js';
import type { Tensor } from '../tensor.js';
import { inferBroadcast, type Operand, operands } from './binary.js';

export const whereOp: Op = {
  name: 'where',
  infer: ([condition, a, b]) => {
    checkBool('where', condition);
    checkSameDType('where', a, b);
    const values = { dtype: a.dtype, shape: inferBroadcast('where', a, b) };
    return [{ dtype: a.dtype, shape: inferBroadcast('where', condition, values) }];
  },
  // d = g where chosen, 0 elsewhere
  vjp: ({ inputs: [condition, a, b], cotangents: [g], needs }) => [
    undefined,
    g && needs[1] ? sumTo(where(condition as Tensor<'bool'>, g, 0), a.shape) : undefined,
    g && needs[2] ? sumTo(where(condition as Tensor<'bool'>, 0, g), b.shape) : undefined,
  ],
};

/** a where the condition holds, b elsewhere, with broadcasting. No gradient flows into the side that was not chosen. */
export function where<D extends DType>(condition: Tensor<'bool'>, a: Operand<D>, b: Operand<D>): Tensor<D> {
  return apply(whereOp, [condition, ...operands('where', a, b)], undefined);
}
