import { disposedTensor, expectClose, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { cast, type DType, ones, type Tensor, tensor } from '../index.js';

const golden = new URL('../../golden/cast.json', import.meta.url);

testOp(golden, 'cast', ([x]: [Tensor], { dtype, back }: { dtype: DType; back?: DType }) => {
  const there = cast(x, dtype);
  return back ? cast(there, back) : there;
});

// PyTorch leaves these undefined; Hebb saturates.
describe('floats outside the range of an integer', () => {
  const x = tensor(Float64Array.of(Number.NaN, Infinity, -Infinity, 300, -1, 1e300));
  it.each([
    ['int32', [0, 2147483647, -2147483648, 300, -1, 2147483647]],
    ['uint8', [0, 255, 0, 255, 0, 255]],
    ['bool', [1, 1, 1, 1, 1, 1]],
  ] as const)('%s', (dtype, expected) => {
    expect([...cast(x, dtype).dataSync()]).toEqual(expected);
    expect([...cast(cast(x, 'float32'), dtype).dataSync()]).toEqual(expected);
  });

  it('int64', () => {
    const [most, least] = [2n ** 63n - 1n, -(2n ** 63n)];
    expect([...cast(x, 'int64').dataSync()]).toEqual([0n, most, least, 300n, -1n, most]);
  });
});

describe('integers', () => {
  it('of 64 bits keep their digits among themselves', () => {
    const x = tensor(BigInt64Array.of(2n ** 62n + 1n));
    expect(x.cast('int64').itemSync()).toBe(2n ** 62n + 1n);
    expect(x.cast('bool').itemSync()).toBe(true);
  });

  it('become halves', () => {
    expectClose(tensor([1, 2, 257], { dtype: 'int32' }).cast('bfloat16'), [1, 2, 256]);
    expectClose(tensor([1, 2, 2049], { dtype: 'int32' }).cast('float16'), [1, 2, 2048]);
  });
});

it('gives the tensor itself where the dtype stays', () => {
  const x = ones([2]);
  expect(cast(x, 'float32')).toBe(x);
});

testErrors({
  'unknown dtype': [() => cast(ones([1]), JSON.parse('"float8"')), 'dtype', 'cast:', 'float8', 'bfloat16'],
  'a disposed tensor': [() => cast(disposedTensor([3]), 'int32'), 'disposed', 'cast:', '[3]'],
});
