import { compile } from '@hebb/compiler';
import { disposedTensor, type OpTestOptions, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { type DType, Generator, groupNorm, ones, type Tensor, wideDType } from '../index.js';

const golden = new URL('../../golden/groupNorm.json', import.meta.url);

// What is normalised, scaled and shifted is rounded to 16 bits each time.
const composed: OpTestOptions = { tolerance: { bfloat16: { atol: 1e-2 }, float16: { atol: 1e-3 } } };

testOp(
  golden,
  'groupNorm',
  ([x, gamma, beta]: readonly Tensor[], { groups, epsilon }: { groups: number; epsilon: number }) =>
    groupNorm(x, groups, { gamma: gamma?.cast(wideDType(x.dtype)), beta: beta?.cast(wideDType(x.dtype)), epsilon }),
  composed,
);
testOp(golden, 'instanceNorm', ([x]: [Tensor]) => groupNorm(x, x.shape[x.rank - 1]), composed);

it('is the same bits compiled', () => {
  const x = new Generator(0).normal([2, 3, 3, 4]);
  const norm = (x: Tensor) => groupNorm(x, 2, { gamma: x.mean([0, 1, 2]), beta: x.max([0, 1, 2]) });
  expect(compile(norm).runSync(x).dataSync()).toEqual(norm(x).dataSync());
});

const x = () => ones([2, 3, 4]);

testErrors({
  'rank 1': [() => groupNorm(ones([4]), 2), 'shape', 'groupNorm:', '[N, …, channels]', '[4]'],
  'groups that do not divide': [() => groupNorm(x(), 3), 'shape', 'groupNorm:', '[2, 3, 4]', '3 groups'],
  'no groups': [() => groupNorm(x(), 0), 'range', 'groupNorm:', 'groups', '0'],
  'gamma of another length': [() => groupNorm(x(), 2, { gamma: ones([2]) }), 'shape', 'groupNorm:', 'gamma', '[4]', '[2]'],
  'beta of another length': [() => groupNorm(x(), 2, { beta: ones([1]) }), 'shape', 'groupNorm:', 'beta', '[4]', '[1]'],
  'two dtypes': [() => groupNorm<DType>(x(), 2, { beta: ones([4], 'float64') }), 'dtype', 'groupNorm:', 'float64'],
  integers: [() => groupNorm(ones([2, 4], 'int32'), 2), 'dtype', 'groupNorm:', 'int32'],
  'negative epsilon': [() => groupNorm(x(), 2, { epsilon: -1 }), 'range', 'groupNorm:', 'epsilon', '-1'],
  'a disposed tensor': [() => groupNorm(disposedTensor([2, 4]), 2), 'disposed', '[2, 4]'],
});
