import { disposedTensor, expectClose, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import {
  all,
  any,
  full,
  Generator,
  logSumExp,
  max,
  mean,
  min,
  ones,
  prod,
  setThreads,
  sum,
  type Tensor,
  tensor,
  threads,
  variance,
  zeros,
} from '../index.js';

const ops = { sum, mean, max, min, prod, logSumExp, variance };
const golden = new URL('../../golden/reduce.json', import.meta.url);
const NAMES = ['sum', 'mean', 'max', 'min', 'prod', 'logSumExp'] as const;

interface Over {
  axes?: number[];
  keepDims: boolean;
}

for (const name of NAMES) testOp(golden, name, ([x]: [Tensor], { axes, keepDims }: Over) => ops[name](x, axes, { keepDims }));
testOp(golden, 'variance', ([x]: [Tensor], { axes, ...options }: Over & { correction: number }) => variance(x, axes, options));
testOp(golden, 'all', ([x]: [Tensor<'bool'>], { axes, keepDims }: Over) => all(x, axes, { keepDims }));
testOp(golden, 'any', ([x]: [Tensor<'bool'>], { axes, keepDims }: Over) => any(x, axes, { keepDims }));

describe('nothing', () => {
  it('has these results', () => {
    expectClose(sum(zeros([2, 0]), 1), [0, 0]);
    expectClose(prod(zeros([2, 0]), 1), [1, 1]);
    expect(max(zeros([0, 3]), 1).shape).toEqual([0]);
    expect(mean(zeros([0, 3]), 1).shape).toEqual([0]);
    expect(all(zeros([0], 'bool')).itemSync()).toBe(true);
    expect(any(zeros([0], 'bool')).itemSync()).toBe(false);
  });
});

it('adds a million float32 numbers to full precision', () => {
  // One after the other the error would be about 1e-3.
  expect(sum(full([1 << 20], 0.1)).itemSync()).toBeCloseTo((1 << 20) * Math.fround(0.1), 1);
});

it('gives the same bits for every number of threads', () => {
  const x = new Generator(3).normal([513, 1027]);
  const before = threads();
  const runs = [1, 2, 3].map((count) => {
    setThreads(count);
    return [sum(x), sum(x, 0), sum(x, 1), mean(x), variance(x, 0), logSumExp(x, 1)].map((y) => [...y.dataSync()]);
  });
  setThreads(before);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

it('wraps 64-bit sums', () => {
  expect(sum(tensor(BigInt64Array.of(2n ** 63n - 1n, 1n))).itemSync()).toBe(-(2n ** 63n));
});

describe('every reduction', () => {
  for (const name of [...NAMES, 'variance'] as const) {
    const op = ops[name];
    testErrors({
      [`${name} over an axis that is not there`]: [() => op(ones([2, 3]), 2), 'range', `${name}`, '-2 to 1', '2'],
      [`${name} over a fraction`]: [() => op(ones([2, 3]), 0.5), 'range', '0.5'],
      [`${name} over an axis twice`]: [() => op(ones([2, 3]), [0, -2]), 'range', 'axis 0', 'twice'],
      [`${name} over an axis of a scalar`]: [() => op(ones([]), 0), 'range', 'scalar'],
      [`${name} of bool`]: [() => op(ones([2], 'bool')), 'dtype', 'bool'],
      [`${name} of bool over no axes`]: [() => op(ones([2], 'bool'), []), 'dtype', 'bool'],
      [`${name} of a disposed tensor`]: [() => op(disposedTensor([2])), 'disposed', '[2]'],
    });
  }
});

testErrors({
  'max of nothing': [() => max(zeros([2, 0])), 'shape', 'max:', '[2, 0]'],
  'min of nothing': [() => min(zeros([0])), 'shape', 'min:', '[0]'],
  'mean of nothing': [() => mean(zeros([2, 0]), 1), 'shape', 'mean:', '[2, 0]'],
  'variance of nothing': [() => variance(zeros([0])), 'shape', 'mean:', '[0]'],
  'logSumExp of nothing': [() => logSumExp(zeros([0])), 'shape', 'max:', '[0]'],
  'mean of integers': [() => mean(ones([2], 'int32')), 'dtype', 'mean:', 'int32'],
  'logSumExp of integers': [() => logSumExp(ones([2], 'int32')), 'dtype', 'logSumExp:', 'int32'],
  'all of floats': [() => all(ones([2]) as Tensor as Tensor<'bool'>), 'dtype', 'all:', 'float32'],
  'any of floats': [() => any(ones([2]) as Tensor as Tensor<'bool'>), 'dtype', 'any:', 'float32'],
  'variance with a fractional correction': [() => variance(ones([2]), 0, { correction: 0.5 }), 'range', 'variance:', '0.5'],
  'variance with a negative correction': [() => variance(ones([2]), 0, { correction: -1 }), 'range', 'variance:', '-1'],
});
