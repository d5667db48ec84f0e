import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { concat, type DType, full, ones, stack, type Tensor } from '../index.js';

const golden = new URL('../../golden/concat.json', import.meta.url);

testOp(golden, 'concat', (xs: Tensor[], { axis }: { axis: number }) => concat(xs, axis));
testOp(golden, 'stack', (xs: Tensor[], { axis }: { axis: number }) => stack(xs, axis));

it('joins more tensors than one command carries', () => {
  const xs = Array.from({ length: 2500 }, (_, i) => full([1, 2], i));
  const joined = concat(xs);
  expect(joined.shape).toEqual([2500, 2]);
  expect(joined.dataSync()[2 * 2400]).toBe(2400);
});

testErrors({
  'none at all': [() => concat([]), 'argument', 'concat:', 'none'],
  'none to stack': [() => stack([]), 'argument', 'stack:', 'none'],
  'another axis differs': [() => concat([ones([2, 3]), ones([2, 4])]), 'shape', 'concat:', 'axis 0', '[2, 3]', '[2, 4]'],
  'ranks differ': [() => concat([ones([2, 3]), ones([3])]), 'shape', 'concat:', '[2, 3]', '[3]'],
  'dtypes differ': [() => concat<DType>([ones([2]), ones([2], 'int32')]), 'dtype', 'concat:', 'float32', 'int32'],
  'an axis that is not there': [() => concat([ones([2]), ones([2])], 1), 'range', 'concat:', '1'],
  scalars: [() => concat([ones([]), ones([])]), 'range', 'concat:', 'scalar'],
  'stack of two shapes': [() => stack([ones([2]), ones([3])]), 'shape', '[1, 2]', '[1, 3]'],
  'stack along an axis that is not there': [() => stack([ones([2]), ones([2])], 3), 'range', '3'],
  'a disposed tensor': [() => concat([ones([2]), disposedTensor([2])]), 'disposed', 'concat:'],
});
