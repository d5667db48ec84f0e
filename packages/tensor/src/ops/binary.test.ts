import { disposedTensor, type OpTestOptions, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { add, type DType, div, maximum, minimum, mod, mul, ones, pow, sub, type Tensor, tensor, zeros } from '../index.js';

const ops = { add, sub, mul, div, pow, maximum, minimum, mod };
const golden = new URL('../../golden/binary.json', import.meta.url);
const NAMES = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'mod'] as const;

// The gradient of an exponent that is broadcast is a sum of rounded terms that cancel.
const rounded: OpTestOptions = { tolerance: { bfloat16: { atol: 2e-2 }, float16: { atol: 2e-3 } } };
for (const name of NAMES) testOp(golden, name, ([a, b]: [Tensor, Tensor]) => ops[name](a, b), name === 'pow' ? rounded : {});

describe('numbers as operands', () => {
  it("take the tensor's dtype", () => {
    const x = tensor([1, 2], { dtype: 'int64' });
    expect([...add(x, 1).dataSync()]).toEqual([2n, 3n]);
    expect([...sub(5, x).dataSync()]).toEqual([4n, 3n]);
    expect([...mul(tensor([1.5]), 2).dataSync()]).toEqual([3]);
    expect([...div(1, tensor([4])).dataSync()]).toEqual([0.25]);
  });

  it('may be special', () => {
    expect([...mul(tensor([1, -1]), -0).dataSync()]).toEqual([-0, 0]);
    expect([...add(tensor([1]), Number.NaN).dataSync()]).toEqual([Number.NaN]);
    expect([...maximum(tensor([1]), Infinity).dataSync()]).toEqual([Infinity]);
  });
});

describe('64-bit integers', () => {
  it('wrap', () => {
    const x = tensor(BigInt64Array.of(2n ** 63n - 1n));
    expect(add(x, 1).itemSync()).toBe(-(2n ** 63n));
    expect(mul(x, 2).itemSync()).toBe(-2n);
  });

  it('divide the smallest by -1', () => {
    expect(mod(tensor(BigInt64Array.of(-(2n ** 63n))), -1).itemSync()).toBe(0n);
    expect(mod(tensor([-2147483648], { dtype: 'int32' }), -1).itemSync()).toBe(0);
  });
});

describe('every op of two operands', () => {
  for (const name of NAMES) {
    const op = ops[name];
    testErrors({
      [`${name} of shapes that do not broadcast`]: [
        () => op(ones([2, 3]), ones([2])),
        'shape',
        `${name}:`,
        'float32 [2, 3]',
        'float32 [2]',
      ],
      [`${name} of two dtypes`]: [
        () => op<DType>(ones([2]), ones([2], 'float64')),
        'dtype',
        `${name}:`,
        'float32 [2]',
        'float64 [2]',
      ],
      [`${name} of bool`]: [() => op(ones([2], 'bool'), ones([2], 'bool')), 'dtype', `${name}:`, 'bool'],
      [`${name} of two numbers`]: [() => op(1, 2), 'argument', `${name}:`, 'number'],
      [`${name} of a disposed left`]: [() => op(disposedTensor([2]), ones([2])), 'disposed', `${name}:`],
      [`${name} of a disposed right`]: [() => op(ones([2]), disposedTensor([2])), 'disposed', `${name}:`],
    });
  }
});

testErrors({
  'div of integers': [() => div(ones([2], 'int32'), ones([2], 'int32')), 'dtype', 'div:', 'int32'],
  'mod of integers by 0': [() => mod(ones([2], 'int32'), zeros([2], 'int32')), 'range', 'mod', '0'],
  'mod of 64-bit integers by 0': [() => mod(ones([2], 'int64'), 0), 'range', 'mod'],
  'mod of bytes by 0': [() => mod(ones([2], 'uint8'), 0), 'range', 'mod'],
  'a fraction and integers': [() => add(ones([2], 'int32'), 0.5), 'dtype', 'add:', '0.5', 'int32'],
  'a number that bytes cannot hold': [() => add(ones([2], 'uint8'), 300), 'range', 'add', '300', 'uint8'],
  'a negative number and bytes': [() => pow(ones([2], 'uint8'), -1), 'range', 'pow', '-1', 'uint8'],
  'a number and bool': [() => add(ones([2], 'bool'), 1), 'dtype', 'add:', 'bool'],
});
