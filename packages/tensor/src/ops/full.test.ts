import { expectClose, testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { DTYPES, full, ones, onesLike, scalar, tensor, zeros, zerosLike } from '../index.js';

describe.each(DTYPES)('%s', (dtype) => {
  it('fills', () => {
    for (const x of [zeros([2, 3], dtype), ones([2, 3], dtype), full([2, 3], 1, dtype)]) {
      expect([x.dtype, x.shape]).toEqual([dtype, [2, 3]]);
    }
    expectClose(ones([3], dtype), onesLike(zeros([3], dtype)));
    expectClose(zeros([3], dtype), zerosLike(ones([3], dtype)));
    expect(Number(ones([1], dtype).dataSync()[0])).toBe(1);
    expect(Number(zeros([1], dtype).dataSync()[0])).toBe(0);
    expect(scalar(1, dtype).shape).toEqual([]);
    expect(zeros([2, 0], dtype).dataSync()).toHaveLength(0);
  });
});

it('takes booleans and special numbers', () => {
  expect(full([1], true, 'bool').toArray()).toEqual([true]);
  expect(full([2], Number.NaN).toArray()).toEqual([Number.NaN, Number.NaN]);
  expect(full([1], -Infinity, 'float64').toArray()).toEqual([-Infinity]);
  expect(full([1], 2 ** 40, 'int64').toArray()).toEqual([2n ** 40n]);
});

const value = (json: string) => JSON.parse(json);

testErrors({
  'a fraction as int32': [() => full([1], 1.5, 'int32'), 'range', 'full:', 'int32', '1.5'],
  '300 as uint8': [() => full([1], 300, 'uint8'), 'range', 'full:', 'uint8', '300'],
  '2^31 as int32': [() => full([1], 2 ** 31, 'int32'), 'range', 'full:', 'int32', '2147483648'],
  'NaN as int64': [() => full([1], Number.NaN, 'int64'), 'range', 'full:', 'int64', 'NaN'],
  'an unknown dtype': [() => zeros([1], value('"complex64"')), 'dtype', 'zeros:', 'complex64'],
  'a fractional dimension': [() => zeros([1.5]), 'shape', 'zeros:', '1.5'],
  'a negative dimension': [() => ones([-1]), 'shape', 'ones:', '-1'],
  'a dimension NaN': [() => zeros([Number.NaN]), 'shape', 'zeros:', 'NaN'],
  'a dimension of 2^53': [() => zeros([2 ** 53]), 'shape', 'zeros:', String(2 ** 53)],
  'rank 100': [() => zeros(new Array<number>(100).fill(1)), 'shape', 'zeros:', '8', '100'],
  'a product that wraps': [() => zeros([0, 2 ** 62, 2 ** 62]), 'shape', 'zeros:'],
  'a product past 2^53': [() => zeros([2 ** 30, 2 ** 30]), 'shape', 'zeros:', '2^53'],
  'more than memory holds': [() => zeros([2 ** 45]), 'out-of-memory', 'full'],
  'a string for a value': [() => full([1], value('"abc"')), 'argument', 'full:', 'abc'],
  '2 as bool': [() => full([1], 2, 'bool'), 'range', 'full:', 'bool', '2'],
  'a number for a shape': [() => zeros(value('3')), 'shape', 'zeros:', '3'],
  'like a disposed tensor': [() => tensor([1]).add(disposed()), 'disposed', 'add:'],
});

function disposed() {
  const x = scalar(1);
  x.dispose();
  return x;
}
