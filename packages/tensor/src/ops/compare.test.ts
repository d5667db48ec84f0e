import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import {
  type DType,
  equal,
  isFinite as finite,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  isNaN as nan,
  notEqual,
  ones,
  type Tensor,
  tensor,
} from '../index.js';

const ops = { equal, notEqual, less, lessEqual, greater, greaterEqual, logicalAnd, logicalOr, logicalXor };
const golden = new URL('../../golden/compare.json', import.meta.url);
const COMPARISONS = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
const LOGICAL = ['logicalAnd', 'logicalOr', 'logicalXor'] as const;
type Bool = Tensor<'bool'>;

for (const name of COMPARISONS) testOp(golden, name, ([a, b]: [Tensor, Tensor]) => ops[name](a, b));
for (const name of LOGICAL) testOp(golden, name, ([a, b]: [Bool, Bool]) => ops[name](a, b));
testOp(golden, 'logicalNot', ([x]: [Bool]) => logicalNot(x));
testOp(golden, 'isNaN', ([x]: [Tensor]) => nan(x));
testOp(golden, 'isFinite', ([x]: [Tensor]) => finite(x));

it('compares with numbers', () => {
  expect(greater(tensor([1, 2, 3]), 2).toArray()).toEqual([false, false, true]);
  expect(tensor([1, 2], { dtype: 'int32' }).lessEqual(1).toArray()).toEqual([true, false]);
});

it('tells large 64-bit integers apart', () => {
  const a = tensor(BigInt64Array.of(2n ** 62n));
  expect(a.less(tensor(BigInt64Array.of(2n ** 62n + 1n))).itemSync()).toBe(true);
});

describe('every comparison', () => {
  for (const name of COMPARISONS) {
    const op = ops[name];
    testErrors({
      [`${name} of shapes that do not broadcast`]: [() => op(ones([2]), ones([3])), 'shape', `${name}:`, '[2]', '[3]'],
      [`${name} of two dtypes`]: [
        () => op<DType>(ones([2]), ones([2], 'int32')),
        'dtype',
        `${name}:`,
        'float32 [2]',
        'int32 [2]',
      ],
      [`${name} of a disposed tensor`]: [() => op(ones([2]), disposedTensor([2])), 'disposed', `${name}:`],
    });
  }
  for (const name of LOGICAL) {
    const op = ops[name];
    testErrors({
      [`${name} of floats`]: [() => op(ones([2]) as Tensor as Bool, ones([2], 'bool')), 'dtype', `${name}:`, 'bool', 'float32'],
      [`${name} of shapes that do not broadcast`]: [() => op(ones([2], 'bool'), ones([3], 'bool')), 'shape', `${name}:`],
      [`${name} of a disposed tensor`]: [() => op(disposedTensor([1], 'bool'), ones([1], 'bool')), 'disposed', `${name}:`],
    });
  }
});

testErrors({
  'order of bool': [() => greater(ones([2], 'bool'), ones([2], 'bool')), 'dtype', 'greater:', 'bool'],
  'not of floats': [() => logicalNot(ones([2]) as Tensor as Bool), 'dtype', 'logicalNot:', 'float32'],
  'not of a disposed tensor': [() => logicalNot(disposedTensor([2], 'bool')), 'disposed', 'logicalNot:'],
  'isNaN of integers': [() => nan(ones([2], 'int32')), 'dtype', 'isNaN:', 'int32'],
  'isFinite of integers': [() => finite(ones([2], 'int32')), 'dtype', 'isFinite:', 'int32'],
  'isNaN of a disposed tensor': [() => nan(disposedTensor([2])), 'disposed', 'isNaN:'],
});
