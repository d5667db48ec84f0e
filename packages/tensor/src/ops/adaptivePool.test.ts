import { compile } from '@hebb/compiler';
import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { adaptiveAvgPool2d, Generator, ones, type Pair, type Tensor } from '../index.js';

const golden = new URL('../../golden/adaptivePool.json', import.meta.url);

testOp(golden, 'adaptiveAvgPool2d', ([x]: [Tensor], { size }: { size: Pair }) => adaptiveAvgPool2d(x, size));

it('is the same bits compiled', () => {
  const x = new Generator(0).normal([2, 5, 6, 3]);
  for (const size of [
    [5, 3],
    [2, 4],
  ] as const) {
    const pool = (x: Tensor) => x.adaptiveAvgPool2d(size);
    expect(compile(pool).runSync(x).dataSync()).toEqual(pool(x).dataSync());
  }
});

testErrors({
  'images of rank 3': [() => adaptiveAvgPool2d(ones([5, 5, 2]), 1), 'shape', 'adaptiveAvgPool2d:', 'rank 4', '[5, 5, 2]'],
  'images without rows': [() => adaptiveAvgPool2d(ones([1, 0, 5, 2]), 1), 'shape', 'adaptiveAvgPool2d:', '[1, 0, 5, 2]'],
  'a size of 0': [() => adaptiveAvgPool2d(ones([1, 5, 5, 2]), [1, 0]), 'range', 'adaptiveAvgPool2d:', 'size', '0'],
  integers: [() => adaptiveAvgPool2d(ones([1, 4, 4, 1], 'int32'), 2), 'dtype', 'adaptiveAvgPool2d:', 'int32'],
  'a disposed tensor': [() => adaptiveAvgPool2d(disposedTensor([1, 4, 4, 1]), 2), 'disposed', '[1, 4, 4, 1]'],
});
