import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { type DType, type IndexDType, oneHot, ones, type Tensor, tensor } from '../index.js';

const golden = new URL('../../golden/oneHot.json', import.meta.url);
type Attributes = { depth: number; on?: number; off?: number; dtype?: DType };

testOp(golden, 'oneHot', ([k]: [Tensor<IndexDType>], { depth, ...options }: Attributes) => oneHot(k, depth, options));

const k = (...values: number[]) => tensor(values, { dtype: 'int32' });

testErrors({
  'index 3 of 3': [() => oneHot(k(3), 3), 'range', 'oneHot', '3'],
  'index -1': [() => oneHot(k(-1), 3), 'range', 'oneHot', '-1'],
  'depth 0': [() => oneHot(k(0), 0), 'range', 'oneHot:', 'depth', '0'],
  'a fractional depth': [() => oneHot(k(0), 1.5), 'range', 'oneHot:', '1.5'],
  'float indices': [() => oneHot(ones([1]) as Tensor as Tensor<IndexDType>, 2), 'dtype', 'oneHot:', 'float32'],
  'a value that bytes cannot hold': [() => oneHot(k(0), 2, { on: 300, dtype: 'uint8' }), 'range', 'oneHot', '300', 'uint8'],
  'an unknown dtype': [() => oneHot(k(0), 2, { dtype: JSON.parse('"int4"') }), 'dtype', 'oneHot:', 'int4'],
  'rank 8': [() => oneHot(tensor([[[[[[[[0]]]]]]]], { dtype: 'int32' }), 2), 'shape', 'oneHot', '8'],
  'a disposed tensor': [() => oneHot(disposedTensor([2], 'int32'), 2), 'disposed', 'oneHot:'],
});
