import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import {
  adamUpdate,
  type Device,
  setDefaultDevice,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  Variable,
  zeros,
} from '@hebb/tensor';
import { expectClose, expectHebbError, hasCuda } from '@hebb/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Adagrad, Adam } from './index.js';

const devices: Device[] = hasCuda() ? ['cpu', 'cuda'] : ['cpu'];
const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false };
const TARGET = [1, -2];

afterEach(() => setDefaultDevice('cpu'));

/** The parameter that Adam leaves after updates of these numbers, worked out without an optimizer. */
function after(steps: readonly number[]): Tensor {
  let [w, m, v] = [tensor([0.5, 0.5]), tensor([0, 0]), tensor([0, 0])];
  const target = tensor(TARGET);
  for (const step of steps) [w, m, v] = adamUpdate(w, w.sub(target).mul(2), m, v, tensor(0.1), tensor(step), options);
  return w;
}

describe.each(devices)('the number of a step on %s', (device) => {
  const training = () => {
    setDefaultDevice(device);
    const w = new Variable(tensor([0.5, 0.5]));
    const optimizer = new Adam({ learningRate: 0.1 });
    const target = tensor(TARGET);
    const fn = () => {
      const { value, grads } = valueAndGrad(() => w.value.sub(target).square().sum());
      optimizer.apply(grads);
      return value;
    };
    return { w, optimizer, fn };
  };

  it('goes on through compiled and eager steps, in flight and several at once', async () => {
    const { w, optimizer, fn } = training();
    const [one, three] = [compile(fn), compile(fn, { unroll: 3 })];
    fn();
    one.runSync();
    await Promise.all([one(), one(), three()]);
    fn();
    three.runSync();
    one.runSync();
    expect(optimizer.stepCount).toBe(12);
    expectClose(w.value, after([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), { rtol: 1e-5, atol: 1e-6 });
  });

  it('is what a loaded count says', () => {
    const { w, optimizer, fn } = training();
    const step = compile(fn);
    step.runSync();
    optimizer.step.assign(tensor(41, { dtype: 'int64', device: optimizer.step.device }));
    step.runSync();
    step.runSync();
    optimizer.step.assign(tensor(7, { dtype: 'int64', device: optimizer.step.device }));
    fn();
    step.runSync();
    expect(optimizer.stepCount).toBe(9);
    expectClose(w.value, after([1, 42, 43, 8, 9]), { rtol: 1e-5, atol: 1e-6 });
  });
});

describe('the number of a step', () => {
  it('does not count steps that failed', async () => {
    const w = new Variable(tensor([[0.5, 0.5]]));
    const optimizer = new Adagrad({ learningRate: 0.1, lrDecay: 0.5 });
    const twin = new Variable(tensor([[0.5, 0.5]]));
    const careful = new Adagrad({ learningRate: 0.1, lrDecay: 0.5 });
    // Long enough to run beside JavaScript.
    const ballast = zeros([300, 300]);
    const stepOf = (parameter: Variable, by: Adagrad) =>
      compile((label: Tensor) => {
        const { grads } = valueAndGrad(() =>
          softmaxCrossEntropy(parameter.value, label).mean().add(ballast.matmul(ballast).sum()),
        );
        by.apply(grads);
      });
    const [step, other] = [stepOf(w, optimizer), stepOf(twin, careful)];
    const [good, bad] = [tensor([1], { dtype: 'int32' }), tensor([7], { dtype: 'int32' })];
    step.runSync(good);
    expectHebbError(() => step.runSync(bad), 'range', '7');
    step.runSync(good);
    const outcomes = await Promise.allSettled([step(good), step(bad), step(good), step(good)]);
    step.runSync(good);
    // Those begun before the failure was known have not run.
    const taken = 3 + outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(outcomes[1].status).toBe('rejected');
    expect(optimizer.stepCount).toBe(taken);
    for (let i = 0; i < taken; i++) other.runSync(good);
    expect(w.value.toArray()).toEqual(twin.value.toArray());
  });
});
