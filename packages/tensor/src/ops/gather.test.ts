import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import {
  Generator,
  gather,
  type IndexDType,
  ones,
  scatterAdd,
  scatterAddAlongAxis,
  setThreads,
  type Tensor,
  takeAlongAxis,
  tensor,
  threads,
  zeros,
} from '../index.js';

const golden = new URL('../../golden/gather.json', import.meta.url);
type Operands = [Tensor, Tensor<IndexDType>];
type Target = { shape: number[]; axis: number };

testOp(golden, 'gather', ([x, k]: Operands, { axis }: { axis: number }) => gather(x, k, axis));
testOp(golden, 'scatterAdd', ([g, k]: Operands, { shape, axis }: Target) => scatterAdd(g, k, shape, axis));
testOp(golden, 'takeAlongAxis', ([x, k]: Operands, { axis }: { axis: number }) => takeAlongAxis(x, k, axis));
testOp(golden, 'scatterAddAlongAxis', ([g, k]: Operands, { shape, axis }: Target) => scatterAddAlongAxis(g, k, shape, axis));

it('adds up in the same order for every number of threads', () => {
  const generator = new Generator(5);
  const values = generator.normal([20000, 8]);
  const k = generator.uniform([20000], { high: 50 }).cast('int32');
  const before = threads();
  const runs = [1, 2, 3].map((count) => {
    setThreads(count);
    return [...scatterAdd(values, k, [50, 8]).dataSync()];
  });
  setThreads(before);
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

const x = () => ones([4, 3]);
const k = (...values: number[]) => tensor(values, { dtype: 'int32' });
const notIndices = () => ones([2]) as Tensor as Tensor<IndexDType>;

testErrors({
  'gather: index 4 of 4': [() => gather(x(), k(0, 4)), 'range', 'gather', '4'],
  'gather: index -1': [() => gather(x(), k(-1)), 'range', 'gather', '-1'],
  'gather: index 2^40': [() => gather(x(), tensor(BigInt64Array.of(2n ** 40n))), 'range', 'gather', String(2n ** 40n)],
  'gather from nothing': [() => gather(zeros([0, 3]), k(0)), 'range', 'gather', '0'],
  'gather: float indices': [() => gather(x(), notIndices()), 'dtype', 'gather:', 'indices', 'float32'],
  'gather along an axis that is not there': [() => gather(x(), k(0), 2), 'range', 'gather:', '2'],
  'gather: a scalar': [() => gather(ones([]), k(0)), 'range', 'gather:', 'scalar'],
  'gather: a disposed tensor': [() => gather(disposedTensor([2]), k(0)), 'disposed', 'gather:'],
  'gather: disposed indices': [() => gather(x(), disposedTensor([2], 'int32')), 'disposed', 'gather:'],
  'scatterAdd: index 4 of 4': [() => scatterAdd(ones([1, 3]), k(4), [4, 3]), 'range', 'scatterAdd', '4'],
  'scatterAdd: values of another shape': [() => scatterAdd(ones([2, 3]), k(0), [4, 3]), 'shape', 'scatterAdd:', '[2, 3]'],
  'scatterAdd of bool': [() => scatterAdd(ones([1], 'bool'), k(0), [4]), 'dtype', 'scatterAdd:', 'bool'],
  'scatterAdd to a bad shape': [() => scatterAdd(ones([1]), k(0), [1.5]), 'shape', 'scatterAdd', '1.5'],
  'scatterAdd to a negative shape': [() => scatterAdd(ones([1]), k(0), [-4]), 'shape', 'scatterAdd', '-4'],
  'takeAlongAxis: index 3 of 3': [
    () => takeAlongAxis(x(), tensor([[0], [1], [2], [3]], { dtype: 'int32' })),
    'range',
    'takeAlongAxis',
    '3',
  ],
  'takeAlongAxis: another rank': [() => takeAlongAxis(x(), k(0)), 'shape', 'takeAlongAxis:', 'rank 2', '[1]'],
  'takeAlongAxis: another axis': [() => takeAlongAxis(x(), zeros([3, 1], 'int32')), 'shape', 'takeAlongAxis:', 'axis 1'],
  'takeAlongAxis: a disposed tensor': [
    () => takeAlongAxis(disposedTensor([4, 3]), zeros([4, 1], 'int32')),
    'disposed',
    'takeAlongAxis:',
  ],
  'scatterAddAlongAxis: two shapes': [
    () => scatterAddAlongAxis(ones([4, 2]), zeros([4, 1], 'int32'), [4, 3]),
    'shape',
    'scatterAddAlongAxis:',
    '[4, 2]',
    '[4, 1]',
  ],
  'scatterAddAlongAxis: index 3 of 3': [
    () => scatterAddAlongAxis(ones([1, 1]), tensor([[3]], { dtype: 'int32' }), [1, 3]),
    'range',
    'scatterAddAlongAxis',
    '3',
  ],
  'scatterAddAlongAxis to a bad shape': [
    () => scatterAddAlongAxis(ones([1]), k(0), [Number.NaN]),
    'shape',
    'scatterAddAlongAxis',
    'NaN',
  ],
});
