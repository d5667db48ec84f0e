import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { argMax, argMin, ones, type Tensor, tensor, zeros } from '../index.js';

const golden = new URL('../../golden/argReduce.json', import.meta.url);

testOp(golden, 'argMax', ([x]: [Tensor], { axis }: { axis: number }) => argMax(x, axis));
testOp(golden, 'argMin', ([x]: [Tensor], { axis }: { axis: number }) => argMin(x, axis));

it('works along the last axis by default', () => {
  expect(
    argMax(
      tensor([
        [1, 2],
        [4, 3],
      ]),
    ).toArray(),
  ).toEqual([1, 0]);
});

for (const [name, op] of [
  ['argMax', argMax],
  ['argMin', argMin],
] as const) {
  testErrors({
    [`${name} of nothing`]: [() => op(zeros([2, 0])), 'shape', `${name}:`, '[2, 0]'],
    [`${name} of bool`]: [() => op(ones([2], 'bool')), 'dtype', `${name}:`, 'bool'],
    [`${name} of a scalar`]: [() => op(ones([])), 'range', `${name}:`, 'scalar'],
    [`${name} along an axis that is not there`]: [() => op(ones([2]), 1), 'range', `${name}:`, '1'],
    [`${name} of a disposed tensor`]: [() => op(disposedTensor([2])), 'disposed', `${name}:`],
  });
}
