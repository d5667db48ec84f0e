import { grad } from '@hebb/autograd';
import { disposedTensor, expectClose, testErrors } from '@hebb/testing';
import { expect, it } from 'vitest';
import { dropout, Generator, ones, type Tensor } from '../index.js';

it('keeps the mean', () => {
  for (const rate of [0.1, 0.5, 0.9]) {
    const y = dropout(ones([100_000]), rate, new Generator(1));
    expect(Number(y.mean().itemSync())).toBeCloseTo(1, 1);
    expect(Number(y.equal(0).cast('float32').mean().itemSync())).toBeCloseTo(rate, 2);
    expect(new Set(y.dataSync())).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
  }
});

it('drops the same elements from the gradient', () => {
  const x = ones([50], 'float64');
  const kept = dropout(x, 0.5, new Generator(2));
  expectClose(grad((x: Tensor) => dropout(x, 0.5, new Generator(2)).sum())(x), kept);
});

it('does nothing at rate 0', () => {
  const x = ones([3]);
  expect(dropout(x, 0)).toBe(x);
});

it('uses the default generator', () => {
  expect(ones([64]).dropout(0.5).toArray()).not.toEqual(ones([64]).dropout(0.5).toArray());
});

testErrors({
  'a rate of 1': [() => dropout(ones([1]), 1), 'range', 'dropout:', '1'],
  'a negative rate': [() => dropout(ones([1]), -0.1), 'range', 'dropout:', '-0.1'],
  'a rate of NaN': [() => dropout(ones([1]), Number.NaN), 'range', 'dropout:', 'NaN'],
  integers: [() => dropout(ones([1], 'int32'), 0.5), 'dtype', 'dropout:', 'int32'],
  'a disposed tensor': [() => dropout(disposedTensor([2]), 0.5), 'disposed', '[2]'],
});
