import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { type DType, ones, type Tensor, tensor, where, zeros } from '../index.js';

const golden = new URL('../../golden/where.json', import.meta.url);

testOp(golden, 'where', ([condition, a, b]: [Tensor<'bool'>, Tensor, Tensor]) => where(condition, a, b));

it('takes numbers', () => {
  const condition = tensor([true, false]);
  expect(where(condition, tensor([1, 2]), 0).toArray()).toEqual([1, 0]);
  expect(where(condition, -1, tensor([1, 2])).toArray()).toEqual([-1, 2]);
});

const yes = () => ones([2], 'bool');

testErrors({
  'a condition of floats': [
    () => where(ones([2]) as Tensor as Tensor<'bool'>, ones([2]), ones([2])),
    'dtype',
    'where:',
    'float32',
  ],
  'two dtypes': [() => where<DType>(yes(), ones([2]), ones([2], 'int32')), 'dtype', 'where:', 'float32', 'int32'],
  'values that do not broadcast': [() => where(yes(), ones([2]), ones([3])), 'shape', 'where:', '[2]', '[3]'],
  'a condition that does not broadcast': [() => where(yes(), ones([3]), ones([3])), 'shape', 'where:', '[2]', '[3]'],
  'no tensor': [() => where(yes(), 1, 2), 'argument', 'where:'],
  'a disposed condition': [() => where(disposedTensor([2], 'bool'), ones([2]), zeros([2])), 'disposed', 'where:'],
});
