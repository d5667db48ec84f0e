import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { type Tensor, tensor, Variable } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { HostScalar } from './hostScalar.js';
import { Adam } from './index.js';

it('knows what a compiled step wrote', () => {
  const rate = new HostScalar('rate', 1, 'float32');
  const halve = compile(() => void rate.assign(rate.value.mul(0.5)));
  for (const expected of [0.5, 0.25]) {
    halve.runSync();
    expect(rate.number).toBe(expected);
  }
  rate.set(0.1);
  expect([rate.number, rate.value.itemSync()]).toEqual([0.1, Math.fround(0.1)]);
  halve.runSync();
  expect(rate.number).toBe(Math.fround(0.1) / 2);
});

it('counts no steps of compile.check', () => {
  const w = new Variable(tensor([1, 2]));
  const optimizer = new Adam({ learningRate: 0.1 });
  const step = (x: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => w.value.mul(x as Tensor<'float32'>).sum());
    optimizer.apply(grads);
    return value;
  };
  compile.check(step, tensor([3, 4]));
  expect(optimizer.stepCount).toBe(0);
  expect(w.value.toArray()).toEqual([1, 2]);
});
