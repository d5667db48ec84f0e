import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { ones, type Tensor, tile } from '../index.js';

const golden = new URL('../../golden/tile.json', import.meta.url);

testOp(golden, 'tile', ([x]: [Tensor], { repeats }: { repeats: number[] }) => tile(x, repeats));

testErrors({
  'repeats of another length': [() => tile(ones([2, 3]), [2]), 'shape', 'tile:', 'float32 [2, 3]', '1'],
  'a negative repeat': [() => tile(ones([2]), [-1]), 'range', 'tile:', '-1'],
  'a fractional repeat': [() => tile(ones([2]), [1.5]), 'range', 'tile:', '1.5'],
  'a disposed tensor': [() => tile(disposedTensor([2]), [2]), 'disposed', '[2]'],
});
