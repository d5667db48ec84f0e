import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { type DType, layerNorm, ones, type Tensor, wideDType } from '../index.js';

const golden = new URL('../../golden/layerNorm.json', import.meta.url);

testOp(golden, 'layerNorm', ([x, gamma, beta]: [Tensor, Tensor, Tensor], options: { epsilon: number }) =>
  layerNorm(x, gamma.cast(wideDType(x.dtype)), beta.cast(wideDType(x.dtype)), options),
);

const d = () => ones([3]);

testErrors({
  'a scalar': [() => layerNorm(ones([]), d(), d()), 'shape', 'layerNorm:', 'float32 []'],
  'gamma of another length': [() => layerNorm(ones([2, 3]), ones([2]), d()), 'shape', 'layerNorm:', 'gamma', '[3]', '[2]'],
  'beta of another length': [() => layerNorm(ones([2, 3]), d(), ones([4])), 'shape', 'layerNorm:', 'beta', '[3]', '[4]'],
  'two dtypes': [() => layerNorm<DType>(ones([2, 3]), d(), ones([3], 'float64')), 'dtype', 'layerNorm:', 'float64'],
  integers: [() => layerNorm(ones([2, 3], 'int32'), ones([3], 'int32'), ones([3], 'int32')), 'dtype', 'layerNorm:', 'int32'],
  'negative epsilon': [() => layerNorm(ones([2, 3]), d(), d(), { epsilon: -1 }), 'range', 'layerNorm:', 'epsilon', '-1'],
  'a disposed tensor': [() => layerNorm(disposedTensor([2, 3]), d(), d()), 'disposed', 'layerNorm:'],
});
