import { checkpoint, valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { crossEntropy } from '@hebb/losses';
import { Adagrad, Adam, AdamW, clipByGlobalNorm, type Optimizer, RMSprop, SGD } from '@hebb/optimizers';
import { type Device, Generator, memory, scope, setDefaultDevice, setSeed, type Tensor, tensor, zeros } from '@hebb/tensor';
import { expectClose, expectHebbError, hasCuda } from '@hebb/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Activation,
  AvgPool2D,
  BatchNorm,
  build,
  Conv2D,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  Layer,
  LSTM,
  MultiHeadAttention,
  Sequential,
} from './index.js';

beforeEach(() => setSeed(0));
afterEach(() => setDefaultDevice('cpu'));

const leNet = (): Layer =>
  new Sequential([
    new Activation((pixels) => pixels.sub(0.1307).mul(3.2)),
    new Conv2D(6, 5, { padding: 'same', activation: 'tanh' }),
    new AvgPool2D(2),
    new Conv2D(16, 5, { activation: 'tanh' }),
    new AvgPool2D(2),
    new Flatten(),
    new Dense(120, { activation: 'tanh' }),
    new Dense(84, { activation: 'tanh' }),
    new Dense(10),
  ]);
const images = () => new Generator(1).uniform([4, 28, 28, 1]);
const digits = () => tensor([3, 1, 4, 1], { dtype: 'int32' });

const text = 'hebbian networks wire together. '.repeat(2);
const letters = [...new Set(text)].sort();
const windows = (shift: number) =>
  tensor(
    [0, 5, 11].map((start) => Array.from(text.slice(start + shift, start + shift + 8), (letter) => letters.indexOf(letter))),
    { dtype: 'int32' },
  );
const characters = (recurrent: Layer) => (): Layer =>
  new Sequential([new Embedding(letters.length, 8), recurrent, new Dropout(0.2), new Dense(letters.length)]);

/** Losses of a few steps of a model that was written without a device, then its weights. */
function train(model: Layer, x: Tensor, y: Tensor, device: Device, compiled: boolean, optimizer: Optimizer): Tensor {
  model.to(device);
  // First, so that compiled and eager steps draw the same random numbers.
  build(model, x.shape, x.dtype);
  const fn = (inputs: Tensor, targets: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.call(inputs), targets));
    optimizer.apply(clipByGlobalNorm(grads, 5).gradients);
    return value;
  };
  const step = compiled ? compile(fn).runSync : fn;
  const [there, labels] = [x.to(device), y.to(device)];
  const losses = Array.from({ length: 4 }, () => Number(scope(() => step(there, labels).itemSync())));
  expect(model.variables.map((variable) => variable.device)).toEqual(model.variables.map(() => device));
  return tensor([...losses, ...model.variables.flatMap((variable) => [...variable.value.dataSync().slice(0, 50)].map(Number))]);
}

// Adam would make steps of the rounding where a gradient is zero, as that of a bias before batch normalisation is.
const sgd = () => new SGD({ learningRate: 0.05, momentum: 0.9 });
const same = { rtol: 1e-4, atol: 1e-5 };

/** The same numbers on both devices, compiled and eagerly. */
function agree(make: () => Layer, x: Tensor, y: Tensor, optimizer: () => Optimizer = sgd): void {
  const run = (device: Device, compiled: boolean) => {
    setSeed(7);
    return train(make(), x, y, device, compiled, optimizer());
  };
  const expected = run('cpu', false);
  for (const compiled of [false, true]) expectClose(run('cuda', compiled), expected, { ...same, what: `compiled ${compiled}` });
}

describe.skipIf(!hasCuda())('training on a GPU', () => {
  it('LeNet-5 learns what it learns on the CPU', () => {
    agree(leNet, images(), digits());
  });

  it.each([
    ['LSTM', () => new LSTM(12, { returnSequences: true })],
    ['GRU', () => new GRU(12, { returnSequences: true })],
    ['attention', () => new MultiHeadAttention(2, { causal: true })],
  ])('a character model with %s and dropout', (_name, recurrent) => {
    agree(() => characters(recurrent())(), windows(0), windows(1));
  });

  it('batch normalisation', () => {
    const model = () => new Sequential([new Conv2D(4, 3), new BatchNorm(), new Activation('relu'), new Flatten(), new Dense(10)]);
    agree(model, images().slice([0, 0, 0, 0], [4, 9, 9, 1]), digits());
  });

  it('residual blocks, with what compiling fuses into convolutions', () => {
    class Block extends Layer {
      private readonly first = new Conv2D(4, 3, { padding: 'same' });
      private readonly norm = new BatchNorm();
      private readonly second = new Conv2D(4, 3, { padding: 'same' });

      protected override forward(x: Tensor): Tensor {
        const inner = this.norm.call(this.first.call(x)).relu();
        return this.second.call(inner).add(x).relu();
      }
    }
    const model = () => new Sequential([new Conv2D(4, 1), new Block(), new Block(), new Flatten(), new Dense(10)]);
    agree(model, images().slice([0, 5, 5, 0], [4, 8, 8, 1]), digits());
    const [here, there] = (['cpu', 'cuda'] as const).map((device) => {
      setSeed(1);
      const trained = model().to(device).eval();
      const predict = compile((x: Tensor) => trained.call(x));
      const x = images().slice([0, 5, 5, 0], [4, 8, 8, 1]).to(device);
      predict.runSync(x);
      return predict.runSync(x);
    });
    expectClose(there, here, same);
  });

  it.each([
    ['SGD', () => new SGD({ learningRate: 0.1 })],
    ['Adam', () => new Adam({ learningRate: 0.01 })],
    ['AdamW', () => new AdamW({ learningRate: 0.01 })],
    ['RMSprop', () => new RMSprop({ learningRate: 0.01, momentum: 0.9 })],
    ['Adagrad', () => new Adagrad({ learningRate: 0.1, lrDecay: 0.1, initialAccumulator: 0.1 })],
  ])('%s', (_name, optimizer) => {
    agree(
      () => new Sequential([new Dense(5, { activation: 'relu' }), new Dense(3)]),
      images().reshape([4, 784]),
      tensor([0, 1, 2, 0], { dtype: 'int32' }),
      optimizer,
    );
  });

  it('the state of an optimizer goes where its parameters go', () => {
    const run = (devices: readonly Device[]) => {
      setSeed(3);
      const [model, optimizer] = [new Dense(3), new Adam({ learningRate: 0.1 })];
      const x = new Generator(1).normal([4, 2]);
      const losses = devices.map((device) => {
        model.to(device);
        const y = tensor([0, 1, 2, 0], { dtype: 'int32', device });
        const { value, grads } = valueAndGrad(() => crossEntropy(model.call(x.to(device)), y));
        optimizer.apply(grads);
        return Number(value.itemSync());
      });
      return tensor(losses);
    };
    expectClose(run(['cpu', 'cuda', 'cuda', 'cpu', 'cuda']), run(['cpu', 'cpu', 'cpu', 'cpu', 'cpu']));
  });

  it('checkpointed blocks', () => {
    const run = (device: Device) => {
      setSeed(2);
      const model = new Sequential([new Dense(4, { activation: 'tanh' }), new Dense(1)]).to(device);
      const block = checkpoint((x: Tensor) => model.call(x));
      const x = new Generator(1).normal([3, 2]).to(device);
      const { grads } = valueAndGrad(() => block(x).square().sum());
      return [...grads.values()];
    };
    const [here, there] = [run('cpu'), run('cuda')];
    expect(here.length).toBe(there.length);
    here.forEach((expected, i) => {
      expect(there[i].device).toBe('cuda');
      expectClose(there[i], expected);
    });
  });
});

describe.skipIf(!hasCuda())('a model on a GPU', () => {
  it('starts with the weights that it has on the CPU', () => {
    const weights = (device: Device) => {
      setSeed(5);
      const model = new Sequential([new Dense(4), new LSTM(3)]).to(device);
      model.call(zeros([1, 2, 3], { device }));
      return model.variables;
    };
    const [here, there] = [weights('cpu'), weights('cuda')];
    for (const [i, { device, value }] of there.entries()) {
      expect(device).toBe('cuda');
      expect(value.dataSync()).toEqual(here[i].value.dataSync());
    }
  });

  it('is built where its input is, where it was put, or on the default device', () => {
    const model = new Dense(2);
    model.call(zeros([1, 2], { device: 'cuda' }));
    expect(model.variables[0].device).toBe('cuda');
    const placed = new Dense(2).to('cuda');
    expectHebbError(() => placed.call(zeros([1, 2])), 'device', 'matmul:', 'on cpu', 'on cuda');
    expect(placed.variables[0].device).toBe('cuda');
    setDefaultDevice('cuda');
    const everywhere = new Dense(2);
    everywhere.call(zeros([1, 2]));
    expect(everywhere.variables[0].device).toBe('cuda');
  });

  it('gives its memory back', () => {
    const before = memory('cuda').liveBytes;
    const model = new Dense(64).to('cuda');
    scope(() => void model.call(zeros([1, 64], { device: 'cuda' })));
    expect(memory('cuda').liveBytes).toBe(before + 4 * (64 * 64 + 64));
    model.to('cpu');
    expect(memory('cuda').liveBytes).toBe(before);
  });
});
