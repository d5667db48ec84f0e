import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { broadcastTo, ones, type Tensor } from '../index.js';

const golden = new URL('../../golden/broadcastTo.json', import.meta.url);

testOp(golden, 'broadcastTo', ([x]: [Tensor], { shape }: { shape: number[] }) => broadcastTo(x, shape));

testErrors({
  'another dimension': [() => broadcastTo(ones([3]), [4]), 'shape', 'broadcastTo:', 'float32 [3]', '[4]'],
  'fewer axes': [() => broadcastTo(ones([2, 3]), [3]), 'shape', 'broadcastTo:', '[2, 3]', '[3]'],
  'a smaller dimension': [() => broadcastTo(ones([3]), [1]), 'shape', 'broadcastTo:', '[3]', '[1]'],
  'a negative dimension': [() => broadcastTo(ones([1]), [-1]), 'shape', 'broadcastTo:', '-1'],
  'more than memory holds': [() => broadcastTo(ones([1]), [2 ** 30, 2 ** 20]), 'out-of-memory', 'broadcastTo'],
  'a disposed tensor': [() => broadcastTo(disposedTensor([1]), [2]), 'disposed', 'broadcastTo:'],
});
