import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { batchNorm, type DType, ones, type Tensor, wideDType, zeros } from '../index.js';

const golden = new URL('../../golden/batchNorm.json', import.meta.url);

testOp(golden, 'batchNorm', ([x, gamma, beta]: [Tensor, Tensor, Tensor], options: { epsilon: number }) => {
  const wide = wideDType(x.dtype);
  const { y, mean, variance } = batchNorm(x, gamma.cast(wide), beta.cast(wide), options);
  return [y, mean, variance];
});

const c = () => ones([3]);

testErrors({
  'rank 1': [() => batchNorm(ones([3]), c(), c()), 'shape', 'batchNorm:', 'rank 2', '[3]'],
  'gamma of another length': [() => batchNorm(ones([2, 3]), ones([2]), c()), 'shape', 'batchNorm:', 'gamma', '[3]', '[2]'],
  'beta of another length': [() => batchNorm(ones([2, 3]), c(), ones([4])), 'shape', 'batchNorm:', 'beta', '[3]', '[4]'],
  nothing: [() => batchNorm(zeros([0, 3]), c(), c()), 'shape', 'batchNorm:', '[0, 3]'],
  'two dtypes': [() => batchNorm<DType>(ones([2, 3]), ones([3], 'float64'), c()), 'dtype', 'batchNorm:', 'float64'],
  integers: [() => batchNorm(ones([2, 3], 'int32'), ones([3], 'int32'), ones([3], 'int32')), 'dtype', 'batchNorm:', 'int32'],
  'negative epsilon': [() => batchNorm(ones([2, 3]), c(), c(), { epsilon: -1 }), 'range', 'batchNorm:', 'epsilon', '-1'],
  'epsilon NaN': [() => batchNorm(ones([2, 3]), c(), c(), { epsilon: Number.NaN }), 'range', 'batchNorm:', 'NaN'],
  'a disposed tensor': [() => batchNorm(disposedTensor([2, 3]), c(), c()), 'disposed', 'batchNorm:'],
  'a disposed gamma': [() => batchNorm(ones([2, 3]), disposedTensor([3]), c()), 'disposed', 'batchNorm:'],
});
