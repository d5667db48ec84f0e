import { disposedTensor, memoryWithoutGarbage, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { expandDims, flatten, memory, ones, reshape, squeeze, type Tensor, tensor } from '../index.js';

const golden = new URL('../../golden/reshape.json', import.meta.url);

testOp(golden, 'reshape', ([x]: [Tensor], { shape }: { shape: number[] }) => reshape(x, shape));
testOp(golden, 'squeeze', ([x]: [Tensor], { axes }: { axes?: number[] }) => squeeze(x, axes));
testOp(golden, 'expandDims', ([x]: [Tensor], { axis }: { axis: number }) => expandDims(x, axis));
testOp(golden, 'flatten', ([x]: [Tensor], { start }: { start: number }) => flatten(x, start));

it('shares memory, which outlives either of the two', () => {
  const before = memoryWithoutGarbage().liveBytes;
  const x = ones([1024, 16]);
  const held = memory().liveBytes - before;
  const y = reshape(x, [16, 1024]);
  expect(memory().liveBytes - before).toBe(held);
  x.dispose();
  expect(y.dataSync()[5]).toBe(1);
  y.dispose();
  expect(memory().liveBytes).toBe(before);
});

it('keeps its own copy of the shape', () => {
  const shape = [4];
  const x = reshape(ones([2, 2]), shape);
  shape[0] = 5;
  expect(x.shape).toEqual([4]);
});

it('reshapes any dtype', () => {
  expect(reshape(tensor([true, false]), [2, 1]).toArray()).toEqual([[true], [false]]);
  expect(reshape(tensor([1, 2]).cast('bfloat16'), [2, 1]).toArray()).toEqual([[1], [2]]);
});

const x = () => ones([2, 3]);

testErrors({
  'another number of elements': [() => reshape(x(), [4]), 'shape', 'reshape:', 'float32 [2, 3]', '6', '[4]', '4'],
  'two unknowns': [() => reshape(x(), [-1, -1]), 'shape', 'reshape:', '-1'],
  'an unknown that does not divide': [() => reshape(x(), [4, -1]), 'shape', 'reshape:', '[4, -1]', '6'],
  'an unknown among zeros': [() => reshape(ones([0]), [0, -1]), 'shape', 'reshape:', '[0, -1]'],
  'a fraction': [() => reshape(x(), [1.5, 4]), 'shape', 'reshape:', '1.5'],
  'a negative': [() => reshape(x(), [-2, -3]), 'shape', 'reshape:', '-2'],
  'rank 9': [() => reshape(ones([]), [1, 1, 1, 1, 1, 1, 1, 1, 1]), 'shape', 'reshape:', '8', '9'],
  'a disposed tensor': [() => reshape(disposedTensor([2, 3]), [6]), 'disposed', 'reshape:', '[2, 3]'],
  'squeeze of another dimension': [() => squeeze(x(), 0), 'shape', 'squeeze:', 'float32 [2, 3]', '2'],
  'squeeze of an axis that is not there': [() => squeeze(x(), 2), 'range', 'squeeze:', '2'],
  'expandDims past the end': [() => expandDims(x(), 3), 'range', 'expandDims:', '3'],
  'expandDims of rank 8': [() => expandDims(ones([1, 1, 1, 1, 1, 1, 1, 1]), 0), 'shape', '8', '9'],
  'flatten past the end': [() => flatten(x(), 3), 'range', 'flatten:', '3'],
  'flatten from a negative axis': [() => flatten(x(), -1), 'range', 'flatten:', '-1'],
});
