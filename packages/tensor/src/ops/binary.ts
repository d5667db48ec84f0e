import { checkFloat, checkNumeric, checkSameDType, show } from '../core/check.js';
import { constant } from '../core/constant.js';
import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { apply, type Op, type Spec } from '../core/op.js';
import { broadcastShapes, type Shape } from '../core/shape.js';
import { sumTo } from '../core/sum-to.js';
import type { Tensor } from '../tensor.js';
import { checkFits } from './values.js';

/** An operand of a binary op: a number takes the other operand's dtype. */
export type Operand<D extends DType> = Tensor<D> | number;

type Rule = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;

/** The shape that the operands broadcast to. */
export function inferBroadcast(name: string, a: Spec, b: Spec): Shape {
  const shape = broadcastShapes(a.shape, b.shape);
  if (!shape) {
    throw new HebbError(
      'shape',
      `${name}: ${show(a)} and ${show(b)} do not broadcast: counted from the last, dimensions must be equal or 1.`,
    );
  }
  return shape;
}

/** An elementwise op of two tensors that broadcasts; `da` and `db` are its gradients before summing over broadcast axes. */
function binary(name: string, check: (name: string, x: Spec) => void, da?: Rule, db?: Rule): Op {
  return {
    name,
    inPlace: [
      [0, 0],
      [0, 1],
    ],
    checksValues: name === 'mod',
    infer: ([a, b]) => {
      check(name, a);
      checkSameDType(name, a, b);
      const shape = inferBroadcast(name, a, b);
      return [shape === a.shape ? a : { dtype: a.dtype, shape }];
    },
    ...(da &&
      db && {
        vjp: ({ inputs: [a, b], outputs: [y], cotangents: [g], needs }) => [
          g && needs[0] ? sumTo(da(g, a, b, y), a.shape) : undefined,
          g && needs[1] ? sumTo(db(g, a, b, y), b.shape) : undefined,
        ],
      }),
  };
}

/** 1 where `wins`, ½ where equal: ties share the gradient. */
function share(wins: Tensor<'bool'>, equal: Tensor<'bool'>, dtype: DType): Tensor {
  return wins.cast(dtype).add(equal.cast(dtype).mul(0.5));
}

// d(a + b) = g, g
export const addOp = binary(
  'add',
  checkNumeric,
  (g) => g,
  (g) => g,
);
// d(a − b) = g, −g
export const subOp = binary(
  'sub',
  checkNumeric,
  (g) => g,
  (g) => g.neg(),
);
// d(a·b) = g·b, g·a
export const mulOp = binary(
  'mul',
  checkNumeric,
  (g, _a, b) => g.mul(b),
  (g, a) => g.mul(a),
);
// d(a / b) = g/b, −g·y/b
export const divOp = binary(
  'div',
  checkFloat,
  (g, _a, b) => g.div(b),
  (g, _a, b, y) => g.mul(y).div(b).neg(),
);
// d(aᵇ) = g·b·aᵇ⁻¹ (0 for b = 0), g·aᵇ·ln a (0 where a = 0 and b ≥ 0)
export const powOp = binary(
  'pow',
  checkNumeric,
  (g, a, b) => {
    const zero = b.equal(0).cast(g.dtype);
    return g.mul(b).mul(a.pow(b.sub(1).add(zero)));
  },
  (g, a, b, y) => {
    const zero = a.equal(0).logicalAnd(b.greaterEqual(0)).cast(g.dtype);
    return g.mul(y).mul(a.add(zero).log());
  },
);
// d max(a, b): to the larger, half each on ties
export const maximumOp = binary(
  'maximum',
  checkNumeric,
  (g, a, b) => g.mul(share(a.greater(b), a.equal(b), g.dtype)),
  (g, a, b) => g.mul(share(b.greater(a), a.equal(b), g.dtype)),
);
// d min(a, b): to the smaller, half each on ties
export const minimumOp = binary(
  'minimum',
  checkNumeric,
  (g, a, b) => g.mul(share(a.less(b), a.equal(b), g.dtype)),
  (g, a, b) => g.mul(share(b.less(a), a.equal(b), g.dtype)),
);
// d(a mod b) = g, −g·⌊a / b⌋
export const modOp = binary(
  'mod',
  checkNumeric,
  (g) => g,
  (g, a, b) => g.mul(a.div(b).floor()).neg(),
);

/** a + b, with broadcasting. */
export const add = arithmetic(addOp);
/** a − b, with broadcasting. */
export const sub = arithmetic(subOp);
/** a·b, elementwise with broadcasting. */
export const mul = arithmetic(mulOp);
/** a / b for floats, with broadcasting; x/0 is ±∞ or NaN. */
export const div = arithmetic(divOp);
/** aᵇ, with broadcasting. */
export const pow = arithmetic(powOp);
/** The larger of a and b; NaN where either is. Ties share the gradient. */
export const maximum = arithmetic(maximumOp);
/** The smaller of a and b; NaN where either is. Ties share the gradient. */
export const minimum = arithmetic(minimumOp);
/** The remainder with the divisor's sign, as in Python and PyTorch. Integer division by 0 throws `range`. */
export const mod = arithmetic(modOp);

function arithmetic(op: Op): <D extends DType>(a: Operand<D>, b: Operand<D>) => Tensor<D> {
  return <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<D> => apply(op, operands(op.name, a, b), undefined);
}

/** The operands as tensors. */
export function operands(name: string, a: Operand<DType>, b: Operand<DType>): [Tensor, Tensor] {
  if (typeof a === 'object' && typeof b === 'object') return [a, b];
  if (typeof a === 'object' && typeof b === 'number') return [a, constantFor(name, b, a)];
  if (typeof b === 'object' && typeof a === 'number') return [constantFor(name, a, b), b];
  throw new HebbError(
    'argument',
    `${name}: expected at least one tensor and otherwise numbers, received ${typeof a} and ${typeof b}.`,
  );
}

/** A number where the other operand is, in its dtype. */
function constantFor(name: string, value: number, { dtype, device }: Tensor): Tensor {
  const whole = dtype === 'int32' || dtype === 'int64' || dtype === 'uint8';
  if (whole && !Number.isInteger(value)) {
    throw new HebbError('dtype', `${name}: ${value} is no ${dtype}; cast the tensor first, as in x.cast('float32').`);
  }
  checkFits(name, value, dtype);
  return constant(value, dtype, device);
}
