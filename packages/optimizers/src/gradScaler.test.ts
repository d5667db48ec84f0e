import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { memory, scope, type Tensor, tensor, Variable } from '@hebb/tensor';
import { expectHebbError, memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { Adam, GradScaler, SGD } from './index.js';

const numbers = (x: { value: Tensor }) => Array.from(x.value.dataSync(), Number);

/** A step on Σ factor·w, whose gradient is the factor. */
function stepOf(optimizer: Adam | SGD, scaler: GradScaler, w: Variable): (factor: Tensor) => Tensor {
  return (factor) => {
    const { value, grads } = valueAndGrad(() => scaler.scale(w.value.mul(factor).sum()));
    scaler.apply(optimizer, scaler.unscale(grads));
    return value;
  };
}

describe('GradScaler', () => {
  it('scales the loss and unscales the gradients', () => {
    const scaler = new GradScaler({ initialScale: 8 });
    const w = new Variable(tensor([1, 2]));
    const { value, grads } = valueAndGrad(() => scaler.scale(w.value.sum()));
    expect(value.itemSync()).toBe(24);
    expect(numbers({ value: grads.get(w) as Tensor })).toEqual([8, 8]);
    expect(numbers({ value: scaler.unscale(grads).get(w) as Tensor })).toEqual([1, 1]);
  });

  it.each([false, true])('skips steps that are not finite and halves, doubles after good steps; compiled: %s', (compiled) => {
    const scaler = new GradScaler({ initialScale: 4, growthInterval: 3 });
    const w = new Variable(tensor([1, 1]));
    const step = stepOf(new SGD({ learningRate: 0.5, momentum: 0.5 }), scaler, w);
    const run = compiled ? compile(step).runSync : step;
    const seen: number[][] = [];
    for (const factor of [1, 1, Infinity, 1, 1, 1, NaN, 1]) {
      scope(() => void run(tensor([factor, 1])));
      seen.push([numbers(w)[0], ...numbers(scaler.lossScale), ...numbers(scaler.goodSteps)]);
    }
    // By hand: m = 1, 1.5, skipped, 1.75, 1.875, 1.9375, skipped, 1.96875 and w moves by m / 2.
    expect(seen).toEqual([
      [0.5, 4, 1],
      [-0.25, 4, 2],
      [-0.25, 2, 0],
      [-1.125, 2, 1],
      [-2.0625, 2, 2],
      [-3.03125, 4, 0],
      [-3.03125, 2, 0],
      [-4.015625, 2, 1],
    ]);
  });

  it('keeps the slots of a skipped step, also of the first one', () => {
    const [w, scaler] = [new Variable(tensor([1])), new GradScaler()];
    const optimizer = new Adam({ learningRate: 0.1 });
    const step = stepOf(optimizer, scaler, w);
    step(tensor([Infinity]));
    expect(numbers(w)).toEqual([1]);
    step(tensor([2]));
    expect(numbers(w)[0]).toBeGreaterThan(0.8);
    for (const variable of optimizer.variables) for (const value of numbers(variable)) expect(value).not.toBeNaN();
  });

  it('never goes below 1, nor to infinity', () => {
    const w = new Variable(tensor([1]));
    const low = new GradScaler({ initialScale: 1 });
    stepOf(new SGD({ learningRate: 1 }), low, w)(tensor([Infinity]));
    expect(numbers(low.lossScale)).toEqual([1]);
    const high = new GradScaler({ initialScale: 2 ** 127, growthInterval: 1 });
    stepOf(new SGD({ learningRate: 1 }), high, w)(tensor([1e-3]));
    expect(numbers(high.lossScale)).toEqual([2 ** 127]);
  });

  it('leaves nothing behind', () => {
    const w = new Variable(tensor([1, 2]));
    const step = stepOf(new SGD({ learningRate: 0.1, momentum: 0.9 }), new GradScaler(), w);
    const once = () => scope(() => void step(tensor([1, 2])));
    once();
    const before = memoryWithoutGarbage().tensors;
    for (let i = 0; i < 3; i++) once();
    expect(memory().tensors).toBe(before);
  });

  it('refuses scales below 1 and intervals that count nothing', () => {
    for (const initialScale of [0, NaN, Infinity, 1e39])
      expectHebbError(() => new GradScaler({ initialScale }), 'range', 'GradScaler', String(initialScale));
    expectHebbError(() => new GradScaler({ growthInterval: 0 }), 'range', 'GradScaler', 'growthInterval');
  });
});
