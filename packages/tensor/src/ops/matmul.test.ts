import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { type DType, Generator, matmul, ones, setThreads, type Tensor, threads } from '../index.js';

const golden = new URL('../../golden/matmul.json', import.meta.url);

interface Flags {
  transposeA: boolean;
  transposeB: boolean;
}

testOp(golden, 'matmul', ([a, b, bias]: readonly Tensor[], flags: Flags) => matmul(a, b, { ...flags, bias }));

it('gives the same bits for every number of threads', () => {
  const generator = new Generator(4);
  const [a, b] = [generator.normal([130, 310]), generator.normal([310, 190])];
  const before = threads();
  const runs = [1, 2, 3].map((count) => {
    setThreads(count);
    return [...matmul(a, b).dataSync()];
  });
  setThreads(before);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

testErrors({
  'inner dimensions': [() => matmul(ones([2, 3]), ones([4, 5])), 'shape', 'matmul:', 'float32 [2, 3]', 'float32 [4, 5]'],
  'inner dimensions, transposed': [
    () => matmul(ones([2, 3]), ones([3, 5]), { transposeB: true }),
    'shape',
    'matmul:',
    'b transposed',
  ],
  batches: [() => matmul(ones([2, 3, 4]), ones([3, 4, 5])), 'shape', 'matmul:', '[2, 3, 4]', '[3, 4, 5]'],
  'a scalar': [() => matmul(ones([]), ones([2, 2])), 'shape', 'matmul:', 'float32 []', 'mul'],
  'two dtypes': [() => matmul<DType>(ones([2, 2]), ones([2, 2], 'float64')), 'dtype', 'matmul:', 'float32', 'float64'],
  integers: [() => matmul(ones([2, 2], 'int32'), ones([2, 2], 'int32')), 'dtype', 'matmul:', 'int32'],
  'a bias of another length': [
    () => matmul(ones([2, 3]), ones([3, 4]), { bias: ones([3]) }),
    'shape',
    'matmul:',
    'bias',
    '[4]',
    '[3]',
  ],
  'a bias of another dtype': [
    () => matmul<DType>(ones([2, 3]), ones([3, 4]), { bias: ones([4], 'float64') }),
    'dtype',
    'matmul:',
    'float64',
  ],
  'a disposed left': [() => matmul(disposedTensor([2, 3]), ones([3, 4])), 'disposed', 'matmul:', '[2, 3]'],
  'a disposed right': [() => matmul(ones([2, 3]), disposedTensor([3, 4])), 'disposed', 'matmul:'],
  'a disposed bias': [() => matmul(ones([2, 3]), ones([3, 4]), { bias: disposedTensor([4]) }), 'disposed', 'matmul:'],
});
