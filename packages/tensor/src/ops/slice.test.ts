import { valueAndGrad } from '@hebb/autograd';
import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { flip, ones, pad, slice, split, type Tensor, tensor } from '../index.js';

const golden = new URL('../../golden/slice.json', import.meta.url);
type Axes = { axes?: number[] };
type Block = { start: number[]; size: number[]; step: number[] };

testOp(golden, 'slice', ([x]: [Tensor], { start, size, step }: Block) => slice(x, start, size, step));
testOp(golden, 'split', ([x]: [Tensor], { parts, axis }: { parts: number | number[]; axis: number }) => split(x, parts, axis));
testOp(golden, 'flip', ([x]: [Tensor], { axes }: Axes) => flip(x, axes));
testOp(golden, 'pad', ([x]: [Tensor], { widths, value }: { widths: [number, number][]; value: number }) => pad(x, widths, value));

it('pads bool and halves', () => {
  expect(pad(tensor([true]), [[1, 0]]).toArray()).toEqual([false, true]);
  expect(pad(tensor([2]).cast('bfloat16'), [[0, 1]], 1.5).toArray()).toEqual([2, 1.5]);
});

it('splits into one part, and passes back what reaches some of the parts', () => {
  const x = tensor([1, 2, 3]);
  expect(split(x, 1)).toEqual([x]);
  const { grads } = valueAndGrad(() => split(x, [1, 0, 2])[2].square().sum(), [x]);
  expect(grads.get(x)?.toArray()).toEqual([0, 4, 6]);
});

const x = () => ones([4, 5]);

testErrors({
  'start of another length': [() => slice(x(), [0], [4, 5]), 'shape', 'slice:', 'length 2', '[0]'],
  'past the end': [() => slice(x(), [3, 0], [2, 5]), 'range', 'slice:', 'start 3', 'size 2', 'axis 0', '[4, 5]'],
  'before the beginning': [() => slice(x(), [-1, 0], [2, 5]), 'range', 'slice:', 'start -1'],
  'a step before the beginning': [() => slice(x(), [1, 0], [3, 5], [-1, 1]), 'range', 'slice:', 'step -1'],
  'a step of 0': [() => slice(x(), [0, 0], [2, 5], [0, 1]), 'range', 'slice:', 'step 0'],
  'a fraction': [() => slice(x(), [0.5, 0], [2, 5]), 'range', 'slice:', '0.5'],
  NaN: [() => slice(x(), [Number.NaN, 0], [2, 5]), 'range', 'slice:', 'NaN'],
  'a negative size': [() => slice(x(), [0, 0], [-2, 5]), 'range', 'slice:', 'size -2'],
  'a disposed tensor': [() => slice(disposedTensor([4]), [0], [2]), 'disposed', 'slice:'],
  'parts that do not divide': [() => split(x(), 3), 'shape', 'split:', 'float32 [4, 5]', '3'],
  'no parts': [() => split(x(), 0), 'range', 'split:', '0'],
  'parts that do not add up': [() => split(x(), [1, 2]), 'shape', 'split:', '[1, 2]', 'axis 0'],
  'a negative part': [() => split(x(), [5, -1]), 'range', '-1'],
  'parts of an axis that is not there': [() => split(x(), 2, 2), 'range', 'split:', '2'],
  'flip of an axis that is not there': [() => flip(x(), 2), 'range', 'flip:', '2'],
  'flip of a disposed tensor': [() => flip(disposedTensor([2])), 'disposed', '[2]'],
  'widths of another length': [() => pad(x(), [[1, 1]]), 'shape', 'pad:', '[4, 5]', '1'],
  'a negative width': [
    () =>
      pad(x(), [
        [-1, 1],
        [0, 0],
      ]),
    'range',
    'pad:',
    '-1',
  ],
  'a fractional width': [
    () =>
      pad(x(), [
        [0.5, 1],
        [0, 0],
      ]),
    'range',
    'pad:',
    '0.5',
  ],
  'a value that bytes cannot hold': [() => pad(ones([1], 'uint8'), [[1, 0]], 300), 'range', 'pad', '300', 'uint8'],
  'pad of a disposed tensor': [() => pad(disposedTensor([2]), [[1, 1]]), 'disposed', 'pad:'],
});
