import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { describe } from 'vitest';
import {
  avgPool2d,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool2d,
  ones,
  type Pair,
  type PoolOptions,
  type Tensor,
} from '../index.js';

const ops = { maxPool2d, avgPool2d, globalAvgPool2d, globalMaxPool2d };
const golden = new URL('../../golden/pool.json', import.meta.url);
type Attributes = PoolOptions & { size: Pair };

testOp(golden, 'maxPool2d', ([x]: [Tensor], { size, ...options }: Attributes) => maxPool2d(x, size, options));
testOp(golden, 'avgPool2d', ([x]: [Tensor], { size, ...options }: Attributes & { countPadding: boolean }) =>
  avgPool2d(x, size, options),
);
testOp(golden, 'globalAvgPool2d', ([x]: [Tensor]) => globalAvgPool2d(x));
testOp(golden, 'globalMaxPool2d', ([x]: [Tensor]) => globalMaxPool2d(x));

describe('both poolings', () => {
  for (const name of ['maxPool2d', 'avgPool2d'] as const) {
    const op = ops[name];
    const x = () => ones([1, 5, 5, 2]);
    testErrors({
      [`${name}: images of rank 3`]: [() => op(ones([5, 5, 2]), 2), 'shape', `${name}:`, 'rank 4', '[5, 5, 2]'],
      [`${name}: a window larger than the image`]: [() => op(x(), 6), 'shape', `${name}:`, '6×6', '[1, 5, 5, 2]'],
      [`${name}: a window of 0`]: [() => op(x(), 0), 'range', `${name}:`, 'window', '0'],
      [`${name}: a fractional window`]: [() => op(x(), [2, 1.5]), 'range', `${name}:`, '1.5'],
      [`${name}: a stride of 0`]: [() => op(x(), 2, { stride: 0 }), 'range', `${name}:`, 'stride', '0'],
      [`${name}: padding as large as the window`]: [() => op(x(), 2, { padding: 2 }), 'range', `${name}:`, '2×2', 'padding'],
      [`${name}: integers`]: [() => op(ones([1, 4, 4, 1], 'int32'), 2), 'dtype', `${name}:`, 'int32'],
      [`${name}: a disposed tensor`]: [() => op(disposedTensor([1, 4, 4, 1]), 2), 'disposed', `${name}:`],
    });
  }
  for (const name of ['globalAvgPool2d', 'globalMaxPool2d'] as const) {
    testErrors({
      [`${name}: images of rank 2`]: [() => ops[name](ones([2, 2])), 'shape', `${name}:`, 'rank 4', '[2, 2]'],
      [`${name}: a disposed tensor`]: [() => ops[name](disposedTensor([1, 2, 2, 1])), 'disposed', '[1, 2, 2, 1]'],
    });
  }
});
