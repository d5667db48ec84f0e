import { valueAndGrad } from '@hebb/autograd';
import { HebbError, memory, scalar, scope, type Tensor, tensor, Variable } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { Adagrad, Adam, AdamW, Optimizer, RMSprop, SGD, type State, schedules, slot } from './index.js';

/** Five steps from [1, −2, 3] with the gradient 0.3 θ + [0.1 (k + 1), −0.2, 0.05 k]. */
function trajectory(optimizer: Optimizer, dtype: 'float32' | 'float64' = 'float32'): number[] {
  const parameter = new Variable(tensor([1, -2, 3], { dtype }), { name: 'p' });
  for (let k = 0; k < 5; k += 1) {
    scope(() => {
      const gradient = parameter.value.mul(0.3).add(tensor([0.1 * (k + 1), -0.2, 0.05 * k], { dtype }));
      optimizer.apply(new Map([[parameter, gradient]]));
    });
  }
  return Array.from(parameter.value.dataSync(), Number);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(3e-6);
}

describe('trajectories against PyTorch 2.13', () => {
  const cases: readonly (readonly [string, () => Optimizer, readonly number[]])[] = [
    ['SGD', () => new SGD(), [0.97014958, -1.96023917, 2.95028377]],
    ['SGD with momentum', () => new SGD({ momentum: 0.9 }), [0.92929453, -1.89558935, 2.87328792]],
    [
      'SGD, Nesterov, weight decay',
      () => new SGD({ momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
      [0.89071631, -1.83442545, 2.78806233],
    ],
    ['Adam', () => new Adam(), [0.99498951, -1.99500012, 2.99498343]],
    [
      'Adam with every option',
      () => new Adam({ learningRate: 0.1, betas: [0.8, 0.9], epsilon: 1e-3, weightDecay: 0.1 }),
      [0.49819475, -1.50294352, 2.50003386],
    ],
    ['AdamW', () => new AdamW({ learningRate: 0.01 }), [0.94939363, -1.94902706, 2.94835019]],
    ['RMSprop', () => new RMSprop(), [0.63933539, -1.68290007, 2.66803026]],
    [
      'RMSprop, centred, momentum',
      () => new RMSprop({ learningRate: 0.02, alpha: 0.9, momentum: 0.5, centered: true, weightDecay: 0.1 }),
      [0.56396544, -1.60199869, 2.58863664],
    ],
    ['Adagrad', () => new Adagrad(), [0.96338296, -1.96775436, 2.96643877]],
    [
      'Adagrad with every option',
      () => new Adagrad({ learningRate: 0.1, lrDecay: 0.1, weightDecay: 0.1, initialAccumulator: 0.5 }),
      [0.77225184, -1.75486994, 2.73698783],
    ],
  ];
  it.each(cases)('%s', (_name, make, expected) => {
    expectClose(trajectory(make()), expected);
    expectClose(trajectory(make(), 'float64'), expected);
  });
});

/** Sign descent: an optimizer as a user writes one. */
class SignDescent extends Optimizer {
  initState(parameter: Variable): State {
    return { last: slot(parameter) };
  }

  update(parameter: Variable, gradient: Tensor, { last }: State): void {
    const sign = gradient.greater(0).cast(gradient.dtype).sub(gradient.less(0).cast(gradient.dtype));
    parameter.assign(parameter.value.sub(sign.mul(this.rate(parameter.dtype))));
    last?.assign(gradient);
  }
}

function fitLine(optimizer: Optimizer, steps: number): number {
  const weight = new Variable(scalar(0), { name: 'weight' });
  const bias = new Variable(scalar(0), { name: 'bias' });
  const x = tensor([-1, -0.5, 0, 0.5, 1]);
  const y = x.mul(2).add(1);
  let loss = Number.NaN;
  for (let k = 0; k < steps; k += 1) {
    scope(() => {
      const { value, grads } = valueAndGrad(() => x.mul(weight.value).add(bias.value).sub(y).square().mean());
      optimizer.apply(grads);
      loss = Number(value.itemSync());
    });
  }
  return loss;
}

describe('training', () => {
  it.each<[string, () => Optimizer]>([
    ['SGD', () => new SGD({ learningRate: 0.2, momentum: 0.8 })],
    ['Adam', () => new Adam({ learningRate: 0.05 })],
    ['AdamW', () => new AdamW({ learningRate: 0.05, weightDecay: 0 })],
    ['RMSprop', () => new RMSprop({ learningRate: schedules.cosine(0.05, { steps: 400 }) })],
    ['Adagrad', () => new Adagrad({ learningRate: 0.5 })],
    ['an optimizer of the user', () => new SignDescent(schedules.exponential(0.1, { gamma: 0.97 }))],
  ])('%s fits a line', (_name, make) => {
    expect(fitLine(make(), 400)).toBeLessThan(1e-3);
  });

  it('keeps no memory from step to step', () => {
    const parameter = new Variable(tensor(new Float32Array(1000)));
    const gradients = new Map([[parameter, tensor(new Float32Array(1000).fill(0.1))]]);
    const optimizer = new Adam({ learningRate: schedules.exponential(0.1, { gamma: 0.9 }) });
    optimizer.apply(gradients);
    const before = memoryWithoutGarbage();
    for (let k = 0; k < 50; k += 1) optimizer.apply(gradients);
    expect(memory().tensors).toBeLessThan(before.tensors + 5);
  });
});

describe('state', () => {
  it('counts steps, in a number and a variable', () => {
    const optimizer = new SGD();
    trajectory(optimizer);
    expect(optimizer.stepCount).toBe(5);
    expect(optimizer.step.value.itemSync()).toBe(5n);
  });

  it('has variables with unique names, even for parameters that share one', () => {
    const a = new Variable(tensor([1, 2]), { name: 'w' });
    const b = new Variable(tensor([3]), { name: 'w' });
    const still = new Variable(tensor([3]), { name: 's', trainable: false });
    const optimizer = new Adam().build([a, b, still]);
    const names = ['Adam/learningRate', 'Adam/step', 'Adam/w/m', 'Adam/w/v', 'Adam/w#2/m', 'Adam/w#2/v'];
    expect(optimizer.variables.map((variable) => variable.name)).toEqual(names);
    expect(optimizer.variables.map((variable) => variable.trainable)).not.toContain(true);
  });

  it('continues from variables that were loaded before the first step', () => {
    const gradient = tensor([0.5, -0.5]);
    const start = () => new Variable(tensor([1, 2]), { name: 'w' });
    const [whole, first, second] = [start(), start(), start()];
    const [long, short, resumed] = [new Adam(), new Adam(), new Adam().build([second])];
    for (let k = 0; k < 6; k += 1) long.apply(new Map([[whole, gradient]]));
    for (let k = 0; k < 3; k += 1) short.apply(new Map([[first, gradient]]));
    second.assign(first.value);
    const saved = new Map(short.variables.map((variable) => [variable.name, variable]));
    for (const variable of resumed.variables) variable.assign((saved.get(variable.name) as Variable).value);
    expect(resumed.stepCount).toBe(3);
    for (let k = 0; k < 3; k += 1) resumed.apply(new Map([[second, gradient]]));
    expect(second.value.dataSync()).toEqual(whole.value.dataSync());
  });

  it('takes a learning rate that was assigned', () => {
    const parameter = new Variable(tensor([1]));
    const optimizer = new SGD({ learningRate: 0.5 });
    optimizer.learningRate.assign(scalar(0.25));
    optimizer.apply(new Map([[parameter, tensor([1])]]));
    expect(parameter.value.itemSync()).toBe(0.75);
  });

  it('follows a schedule from its step 0', () => {
    const parameter = new Variable(tensor([0]));
    const optimizer = new SGD({ learningRate: (step) => 2 ** -step });
    const rates: number[] = [];
    for (let k = 0; k < 3; k += 1) {
      optimizer.apply(new Map([[parameter, tensor([1])]]));
      rates.push(optimizer.learningRate.value.itemSync());
    }
    expect(rates).toEqual([1, 0.5, 0.25]);
    expect(parameter.value.itemSync()).toBe(-1.75);
  });
});

describe('bad arguments', () => {
  const range = (make: () => unknown) => {
    expect(make).toThrow(HebbError);
    expect(make).toThrow(expect.objectContaining({ code: 'range' }));
  };

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('learning rate %d', (learningRate) => {
    for (const make of [SGD, Adam, AdamW, RMSprop, Adagrad]) range(() => new make({ learningRate }));
    range(() => new SGD({ learningRate: () => learningRate }));
  });

  it('options outside their range', () => {
    range(() => new SGD({ momentum: 1 }));
    range(() => new SGD({ momentum: -0.1 }));
    range(() => new SGD({ weightDecay: Number.NaN }));
    expect(() => new SGD({ nesterov: true })).toThrow(/momentum/);
    range(() => new Adam({ betas: [1, 0.9] }));
    range(() => new Adam({ betas: [0.9, Number.NaN] }));
    range(() => new AdamW({ epsilon: 0 }));
    range(() => new RMSprop({ alpha: 1 }));
    range(() => new RMSprop({ momentum: -1 }));
    range(() => new Adagrad({ lrDecay: -1 }));
    range(() => new Adagrad({ initialAccumulator: -1 }));
  });

  it('gradients that do not fit, before anything changes', () => {
    const a = new Variable(tensor([1, 2]), { name: 'a' });
    const b = new Variable(tensor([1, 2]), { name: 'b' });
    const optimizer = new SGD();
    const good = tensor([1, 1]);
    expect(() => optimizer.apply(new Map())).toThrow(/no gradients/);
    const wrongShape = new Map<Variable, Tensor>([
      [a, good],
      [b, tensor([1])],
    ]);
    expect(() => optimizer.apply(wrongShape)).toThrow(/"b".*\[2\].*\[1\]/);
    expect(() => optimizer.apply(new Map<Variable, Tensor>([[a, good.cast('float64')]]))).toThrow(/float64/);
    expect([...a.value.dataSync()]).toEqual([1, 2]);
    expect(optimizer.stepCount).toBe(0);
  });

  it('a schedule that goes wrong later', () => {
    const optimizer = new SGD({ learningRate: (step) => (step === 0 ? 1 : Number.NaN) });
    const gradients = new Map([[new Variable(tensor([1])), tensor([1])]]);
    optimizer.apply(gradients);
    range(() => optimizer.apply(gradients));
  });
});
