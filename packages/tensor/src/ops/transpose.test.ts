import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { ones, type Tensor, tensor, transpose } from '../index.js';

const golden = new URL('../../golden/transpose.json', import.meta.url);

testOp(golden, 'transpose', ([x]: [Tensor], { permutation }: { permutation?: number[] }) => transpose(x, permutation));

it('counts negative axes from the back', () => {
  expect(transpose(ones([2, 3, 4]), [-1, 0, -2]).shape).toEqual([4, 2, 3]);
});

it('moves halves', () => {
  expect(
    transpose(
      tensor([
        [1, 2],
        [3, 4],
      ]).cast('float16'),
    ).toArray(),
  ).toEqual([
    [1, 3],
    [2, 4],
  ]);
});

testErrors({
  'an axis missing': [() => transpose(ones([2, 3]), [0]), 'shape', 'transpose:', 'float32 [2, 3]', '[0]'],
  'an axis twice': [() => transpose(ones([2, 3]), [0, 0]), 'range', 'transpose:', '0', 'twice'],
  'an axis that is not there': [() => transpose(ones([2, 3]), [0, 2]), 'range', 'transpose:', '2'],
  'a disposed tensor': [() => transpose(disposedTensor([2, 3])), 'disposed', 'transpose:'],
});
