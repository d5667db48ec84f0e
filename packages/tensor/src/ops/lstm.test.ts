import { grad, valueAndGrad } from '@hebb/autograd';
import { disposedTensor, expectClose, testErrors, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { type DType, Generator, lstm, ones, scope, type Tensor, zeros } from '../index.js';

const golden = new URL('../../golden/lstm.json', import.meta.url);

testOp(golden, 'lstm', ([projected, kernel, h, c]: [Tensor, Tensor, Tensor, Tensor]) => {
  const all = lstm(projected, kernel, { h, c });
  const [n, steps, units] = all.c.shape;
  return [all.h, all.c.slice([0, steps - 1, 0], [n, 1, units]).reshape([n, units])];
});

it('starts at zeros', () => {
  const x = new Generator(1).normal([2, 3, 8]);
  const kernel = new Generator(2).normal([2, 8]);
  const start = { h: zeros([2, 2]), c: zeros([2, 2]) };
  expect(lstm(x, kernel).h.dataSync()).toEqual(lstm(x, kernel, start).h.dataSync());
});

it('has no outputs without rows or steps, and passes gradients of the state through', () => {
  for (const [n, steps] of [
    [0, 3],
    [2, 0],
  ])
    scope(() => {
      const [x, kernel, h, c] = [zeros([n, steps, 12]), ones([3, 12]), ones([n, 3]), ones([n, 3])];
      const { value, grads } = valueAndGrad(() => {
        const out = lstm(x, kernel, { h, c });
        return out.h.sum().add(out.c.sum());
      }, [x, kernel, h, c]);
      expect(value.itemSync()).toBe(0);
      for (const source of [x, kernel, h, c]) expectClose(grads.get(source) as Tensor, zeros(source.shape));
    });
});

it('differentiates what depends on c alone', () => {
  const [x, kernel] = [new Generator(1).normal([2, 3, 8]), new Generator(2).normal([2, 8])];
  // In the last step h depends on o, and c does not.
  const slope = grad((v: Tensor) => lstm(v, kernel).c.slice([0, 2, 0], [2, 1, 2]).sum())(x);
  expect([...slope.slice([0, 2, 6], [2, 1, 2]).dataSync()]).toEqual([0, 0, 0, 0]);
  expect(slope.abs().sum().itemSync()).toBeGreaterThan(0.1);
});

const x = () => ones([2, 3, 8]);
const kernel = () => ones([2, 8]);
const state = (n: number, units: number) => ({ h: ones([n, units]), c: ones([n, units]) });

testErrors({
  'an input of rank 2': [() => lstm(ones([2, 8]), kernel()), 'shape', 'lstm:', 'rank 3', '[2, 8]'],
  'columns that are not four gates': [() => lstm(ones([2, 3, 7]), ones([2, 7])), 'shape', 'lstm:', '4·units', '[2, 3, 7]'],
  'a kernel of rank 1': [() => lstm(x(), ones([8])), 'shape', 'lstm:', 'rank 2', '[8]'],
  'another kernel': [() => lstm(x(), ones([8, 2])), 'shape', 'lstm:', 'kernel', '[2, 8]', '[8, 2]'],
  'a state of other rows': [() => lstm(x(), kernel(), state(3, 2)), 'shape', 'lstm:', 'h', '[2, 2]', '[3, 2]'],
  'another cell': [() => lstm(x(), kernel(), { ...state(2, 2), c: ones([2, 3]) }), 'shape', 'lstm:', 'c', '[2, 3]'],
  'two dtypes': [() => lstm<DType>(x(), ones([2, 8], 'float64')), 'dtype', 'lstm:', 'float64'],
  integers: [() => lstm(ones([2, 3, 8], 'int32'), ones([2, 8], 'int32')), 'dtype', 'lstm:', 'int32'],
  'no tensor': [() => lstm(3 as never, kernel()), 'shape', 'lstm:', '3'],
  'a disposed tensor': [() => lstm(disposedTensor([2, 3, 8]), kernel()), 'disposed', 'lstm:'],
});

it('does not round the gradient of a float32 kernel to the 16 bits that it computes in', () => {
  scope(() => {
    const x = new Generator(3).normal([4, 5, 32]).cast('bfloat16');
    const kernel = new Generator(4).normal([8, 32]);
    const { grads } = valueAndGrad(() => lstm(x, kernel.cast('bfloat16')).h.cast('float32').sum(), [kernel]);
    const found = grads.get(kernel) as Tensor;
    expect(found.cast('bfloat16').cast('float32').dataSync()).not.toEqual(found.dataSync());
  });
});
