import { checkBool, checkFloat, checkNumeric, checkSameDType } from '../core/check.js';
import type { DType } from '../core/dtype.js';
import { apply, type Op, type Spec } from '../core/op.js';
import type { Tensor } from '../tensor.js';
import { inferBroadcast, type Operand, operands } from './binary.js';

/** An op of two tensors with a bool result, which broadcasts and is a constant to gradients. */
function comparison(name: string, check: (name: string, x: Spec) => void): Op {
  return {
    name,
    infer: ([a, b]) => {
      check(name, a);
      checkSameDType(name, a, b);
      return [{ dtype: 'bool', shape: inferBroadcast(name, a, b) }];
    },
  };
}

/** A test of each element. */
function predicate(name: string, check: (name: string, x: Spec) => void): Op {
  return {
    name,
    infer: ([x]) => {
      check(name, x);
      return [{ dtype: 'bool', shape: x.shape }];
    },
  };
}

function checkComparable(name: string, x: Spec): void {
  if (x.dtype !== 'bool') checkNumeric(name, x);
}

export const equalOp = comparison('equal', checkComparable);
export const notEqualOp = comparison('notEqual', checkComparable);
export const lessOp = comparison('less', checkNumeric);
export const lessEqualOp = comparison('lessEqual', checkNumeric);
export const greaterOp = comparison('greater', checkNumeric);
export const greaterEqualOp = comparison('greaterEqual', checkNumeric);
export const logicalAndOp = comparison('logicalAnd', checkBool);
export const logicalOrOp = comparison('logicalOr', checkBool);
export const logicalXorOp = comparison('logicalXor', checkBool);
export const logicalNotOp = predicate('logicalNot', checkBool);
export const isNaNOp = predicate('isNaN', checkFloat);
export const isFiniteOp = predicate('isFinite', checkFloat);

/** a = b, elementwise with broadcasting; NaN equals nothing. */
export const equal = compare(equalOp);
/** a ≠ b, elementwise with broadcasting. */
export const notEqual = compare(notEqualOp);
/** a < b, elementwise with broadcasting. */
export const less = compare(lessOp);
/** a ≤ b, elementwise with broadcasting. */
export const lessEqual = compare(lessEqualOp);
/** a > b, elementwise with broadcasting. */
export const greater = compare(greaterOp);
/** a ≥ b, elementwise with broadcasting. */
export const greaterEqual = compare(greaterEqualOp);
/** a and b, for bool tensors. */
export const logicalAnd = logical(logicalAndOp);
/** a or b, for bool tensors. */
export const logicalOr = logical(logicalOrOp);
/** Exactly one of a and b, for bool tensors. */
export const logicalXor = logical(logicalXorOp);

/** not x, for bool tensors. */
export function logicalNot(x: Tensor<'bool'>): Tensor<'bool'> {
  return apply(logicalNotOp, [x], undefined);
}

/** Where x is NaN. */
export function isNaN(x: Tensor): Tensor<'bool'> {
  return apply(isNaNOp, [x], undefined);
}

/** Where x is neither NaN nor infinite. */
export function isFinite(x: Tensor): Tensor<'bool'> {
  return apply(isFiniteOp, [x], undefined);
}

function compare(op: Op): <D extends DType>(a: Operand<D>, b: Operand<D>) => Tensor<'bool'> {
  return (a, b) => apply(op, operands(op.name, a, b), undefined);
}

function logical(op: Op): (a: Tensor<'bool'>, b: Tensor<'bool'>) => Tensor<'bool'> {
  return (a, b) => apply(op, [a, b], undefined);
}
