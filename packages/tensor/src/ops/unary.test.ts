import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import {
  abs,
  ceil,
  clip,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  ones,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  type Tensor,
  tensor,
} from '../index.js';

const ops = { exp, log, log1p, expm1, sqrt, rsqrt, reciprocal, sin, cos, erf, floor, ceil, round, neg, abs, sign, square };
const golden = new URL('../../golden/unary.json', import.meta.url);

const FLOAT = [
  'exp',
  'log',
  'log1p',
  'expm1',
  'sqrt',
  'rsqrt',
  'reciprocal',
  'sin',
  'cos',
  'erf',
  'floor',
  'ceil',
  'round',
] as const;
const NUMERIC = ['neg', 'abs', 'sign', 'square'] as const;

for (const name of [...FLOAT, ...NUMERIC]) testOp(golden, name, ([x]: [Tensor]) => ops[name](x));
testOp(golden, 'clip', ([x]: [Tensor], { min, max }: { min: number; max: number }) => clip(x, min, max));

describe('signed zero', () => {
  it.each(['neg', 'sqrt', 'floor', 'ceil', 'round', 'sin', 'erf', 'expm1', 'log1p'] as const)('%s', (name) => {
    const expected = name === 'neg' ? 0 : -0;
    expect(ops[name](tensor([-0])).itemSync()).toBe(expected);
    expect(ops[name](tensor(Float64Array.of(-0))).itemSync()).toBe(expected);
  });
});

describe('64-bit integers', () => {
  it('wrap and keep all their digits', () => {
    const x = tensor(BigInt64Array.of(-(2n ** 63n), 2n ** 62n + 1n));
    expect([...neg(x).dataSync()]).toEqual([-(2n ** 63n), -(2n ** 62n) - 1n]);
    expect([...square(x).dataSync()]).toEqual([0n, BigInt.asIntN(64, (2n ** 62n + 1n) ** 2n)]);
  });
});

describe('every function', () => {
  for (const name of FLOAT) {
    testErrors({
      [`${name} of integers`]: [() => ops[name](ones([2], 'int32')), 'dtype', `${name}:`, 'floating-point', 'int32 [2]'],
    });
  }
  for (const name of NUMERIC) {
    testErrors({ [`${name} of bool`]: [() => ops[name](ones([2], 'bool')), 'dtype', `${name}:`, 'bool [2]'] });
  }
  for (const name of [...FLOAT, ...NUMERIC]) {
    testErrors({ [`${name} of a disposed tensor`]: [() => ops[name](disposedTensor([2])), 'disposed', `${name}:`, '[2]'] });
  }
});

testErrors({
  'clip to nothing': [() => clip(ones([1]), 2, 1), 'range', 'clip:', '2 and 1'],
  'clip to NaN': [() => clip(ones([1]), Number.NaN, 1), 'range', 'clip:', 'min', 'NaN'],
  'clip of bool': [() => clip(ones([1], 'bool'), 0, 1), 'dtype', 'clip:', 'bool'],
  'clip of a disposed tensor': [() => clip(disposedTensor([3]), 0, 1), 'disposed', 'clip:'],
});

it('sign keeps NaN', () => {
  expect(sign(tensor([Number.NaN, -3])).toArray()).toEqual([Number.NaN, -1]);
});
