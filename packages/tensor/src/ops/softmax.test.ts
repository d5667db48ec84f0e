import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { logSoftmax, ones, softmax, type Tensor, tensor } from '../index.js';

const ops = { softmax, logSoftmax };
const golden = new URL('../../golden/softmax.json', import.meta.url);

for (const name of ['softmax', 'logSoftmax'] as const) {
  const op = ops[name];
  testOp(golden, name, ([x]: [Tensor], { axis }: { axis: number }) => op(x, axis));
  testErrors({
    [`${name} along an axis that is not there`]: [() => op(ones([2, 3]), 2), 'range', `${name}:`, '-2 to 1', '2'],
    [`${name} of a scalar`]: [() => op(ones([])), 'range', `${name}:`, 'scalar'],
    [`${name} of integers`]: [() => op(ones([2], 'int32')), 'dtype', `${name}:`, 'int32'],
    [`${name} of a disposed tensor`]: [() => op(disposedTensor([2])), 'disposed', `${name}:`],
  });
}

it('adds up to one', () => {
  expect(
    softmax(
      tensor([
        [1e4, -1e4, 0],
        [1, 2, 3],
      ]),
    )
      .sum(-1)
      .toArray(),
  ).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
});
