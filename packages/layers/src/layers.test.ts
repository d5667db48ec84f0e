import { gradCheck, valueAndGrad } from '@hebb/autograd';
import { Generator, memory, scope, setSeed, type Tensor, tensor, type Variable, zeros } from '@hebb/tensor';
import { expectHebbError, memoryWithoutGarbage } from '@hebb/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Activation,
  AvgPool2D,
  BatchNorm,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GaussianNoise,
  GlobalAvgPool2D,
  GlobalMaxPool2D,
  Layer,
  LayerNorm,
  l1,
  l1l2,
  l2,
  MaxPool2D,
  Reshape,
  Sequential,
} from './index.js';

beforeEach(() => setSeed(0));

const images = (shape: number[]): Tensor => new Generator(7).normal(shape);

describe('Layer', () => {
  it('builds on the first call, from its input', () => {
    const dense = new Dense(3);
    expect(dense.built).toBe(false);
    expect(dense.call(zeros([2, 5])).shape).toEqual([2, 3]);
    expect(dense.built).toBe(true);
    expect(dense.variables.map(({ name, shape }) => [name, shape])).toEqual([
      ['kernel', [5, 3]],
      ['bias', [3]],
    ]);
  });

  it('names variables by their path, and finds layers in properties and arrays', () => {
    class Net extends Layer {
      stem = new Dense(4);
      blocks = [new Dense(4), new Dense(4, { name: 'last' })];
      protected override forward(x: Tensor): Tensor {
        return this.blocks.reduce((y, block) => block.call(y), this.stem.call(x));
      }
    }
    const net = new Net();
    net.call(zeros([1, 2]));
    expect(net.variables.map(({ name }) => name)).toEqual([
      'stem/kernel',
      'stem/bias',
      'blocks.0/kernel',
      'blocks.0/bias',
      'last/kernel',
      'last/bias',
    ]);
  });

  it('passes its mode to the layers inside', () => {
    const dropout = new Dropout(0.5);
    const model = new Sequential([new Sequential([dropout])]);
    expect(dropout.training).toBe(true);
    model.eval();
    expect(dropout.training).toBe(false);
    model.train();
    expect(dropout.training).toBe(true);
  });

  it('starts over after a build that failed', () => {
    const norm = new BatchNorm();
    expectHebbError(() => norm.call(zeros([3])), 'shape', 'BatchNorm');
    expect(norm.built).toBe(false);
    expect(norm.eval().call(zeros([2, 3])).shape).toEqual([2, 3]);
  });

  it('computes in float64 when its first input is float64', () => {
    const dense = new Dense(2);
    expect(dense.call(zeros([1, 2], 'float64')).dtype).toBe('float64');
    expectHebbError(() => dense.call(zeros([1, 2])), 'dtype', 'matmul', 'float32', 'float64');
  });

  it('keeps variables through scopes and leaves nothing else behind', () => {
    const model = new Sequential([new Dense(3, { activation: 'relu' }), new BatchNorm(), new Dense(1)]);
    const x = images([4, 2]);
    scope(() => void model.call(x));
    const before = memoryWithoutGarbage().tensors;
    for (let i = 0; i < 20; i++) scope(() => void model.call(x));
    expect(memory().tensors).toBe(before);
  });

  it('refuses what is no tensor', () => {
    // @ts-expect-error: what JavaScript users may pass
    expectHebbError(() => new Dense(1).call([1, 2]), 'argument', 'Dense', 'tensor');
  });
});

describe('Dense', () => {
  it('is activation(x·kernel + bias)', () => {
    const dense = new Dense(2, {
      activation: 'relu',
      kernelInitializer: 'ones',
      biasInitializer: (shape) => tensor([-4, 1], { shape }),
    });
    expect(dense.call(tensor([[1, 2]])).toArray()).toEqual([[0, 4]]);
  });

  it('works on the last axis, without a bias if asked', () => {
    const dense = new Dense(4, { useBias: false });
    expect(dense.call(zeros([2, 3, 5])).shape).toEqual([2, 3, 4]);
    expect(dense.variables).toHaveLength(1);
  });

  it('refuses bad units, inputs and names', () => {
    for (const units of [0, -1, 1.5, NaN]) expectHebbError(() => new Dense(units), 'range', 'Dense', 'units');
    expectHebbError(() => new Dense(1).call(zeros([])), 'shape', 'Dense');
    const dense = new Dense(1);
    dense.call(zeros([1, 3]));
    expectHebbError(() => dense.call(zeros([1, 4])), 'shape', 'Dense', '3', '[1, 4]');
    expectHebbError(() => new Dense(1, { activation: 'rellu' as 'relu' }), 'argument', 'rellu', 'relu');
    expectHebbError(
      () => new Dense(1, { kernelInitializer: 'constructor' as 'zeros' }).call(zeros([1, 1])),
      'argument',
      'constructor',
      'heNormal',
    );
  });
});

describe('Conv2D', () => {
  it('has the shapes of its options', () => {
    expect(new Conv2D(6, 5, { padding: 'same' }).call(images([2, 28, 28, 1])).shape).toEqual([2, 28, 28, 6]);
    expect(new Conv2D(6, [3, 1], { stride: 2, groups: 2 }).call(images([1, 9, 9, 4])).shape).toEqual([1, 4, 5, 6]);
  });

  it('refuses what does not fit', () => {
    expectHebbError(() => new Conv2D(0, 3), 'range', 'Conv2D', 'filters');
    expectHebbError(() => new Conv2D(1, 0), 'range', 'Conv2D', 'kernel');
    expectHebbError(() => new Conv2D(4, 3, { groups: 0 }), 'range', 'groups');
    expectHebbError(() => new Conv2D(4, 3, { groups: 3 }).call(images([1, 5, 5, 4])), 'shape', '3 groups');
    expectHebbError(() => new Conv2D(4, 3).call(zeros([1, 2])), 'shape', 'Conv2D', '[N, H, W, C]');
    expectHebbError(() => new Conv2D(4, 7).call(images([1, 5, 5, 1])), 'shape', '7×7', '[1, 5, 5, 1]');
    const conv = new Conv2D(1, 1);
    conv.call(images([1, 2, 2, 3]));
    expectHebbError(() => conv.call(images([1, 2, 2, 2])), 'shape', '3 channels', '[1, 2, 2, 2]');
  });
});

describe('pooling and shaping', () => {
  it('have the shapes of their options', () => {
    expect(new MaxPool2D().call(images([1, 4, 6, 2])).shape).toEqual([1, 2, 3, 2]);
    expect(new AvgPool2D([2, 3], { stride: 1 }).call(images([1, 4, 6, 2])).shape).toEqual([1, 3, 4, 2]);
    expect(new GlobalAvgPool2D().call(images([2, 4, 6, 3])).shape).toEqual([2, 3]);
    expect(new GlobalMaxPool2D().call(images([2, 4, 6, 3])).shape).toEqual([2, 3]);
    expect(new Flatten().call(images([2, 4, 6, 3])).shape).toEqual([2, 72]);
    expect(new Reshape([-1, 3]).call(images([2, 4, 6])).shape).toEqual([2, 8, 3]);
  });

  it('refuse what does not fit', () => {
    expectHebbError(() => new MaxPool2D(0), 'range', 'MaxPool2D');
    expectHebbError(() => new AvgPool2D().call(zeros([2])), 'shape', 'avgPool2d');
    expectHebbError(() => new Flatten().call(zeros([])), 'shape', 'Flatten');
    expectHebbError(() => new Reshape([5]).call(zeros([2, 4])), 'shape', 'reshape');
  });
});

describe('Dropout and GaussianNoise', () => {
  it('act in training mode only', () => {
    const x = images([100, 100]);
    const dropped = new Dropout(0.25).call(x).equal(0).cast('float32').mean().itemSync();
    expect(dropped).toBeGreaterThan(0.23);
    expect(dropped).toBeLessThan(0.27);
    expect(new Dropout(0.25).eval().call(x)).toBe(x);
    const noise = new GaussianNoise(0.5);
    expect(noise.call(x).sub(x).square().mean().itemSync()).toBeCloseTo(0.25, 1);
    expect(noise.eval().call(x)).toBe(x);
  });

  it('draw from the generator given', () => {
    const draw = () => new Dropout(0.5, { generator: new Generator(3) }).call(images([64])).toArray();
    expect(draw()).toEqual(draw());
  });

  it('refuse bad rates', () => {
    for (const rate of [-0.1, 1, NaN]) expectHebbError(() => new Dropout(rate), 'range', 'Dropout');
    for (const std of [-1, NaN, Infinity]) expectHebbError(() => new GaussianNoise(std), 'range', 'GaussianNoise');
  });
});

describe('BatchNorm', () => {
  it('normalises batches while training and moves its running statistics as PyTorch does', () => {
    const norm = new BatchNorm();
    const y = norm.call(tensor([[1, 10], [3, 30]])); // biome-ignore format: a table
    expect(y.toArray()).toEqual([
      [expect.closeTo(-1, 4), expect.closeTo(-1, 4)],
      [expect.closeTo(1, 4), expect.closeTo(1, 4)],
    ]);
    const [, , mean, variance] = norm.variables;
    // running = 0.9·(0, 1) + 0.1·(batch mean, unbiased variance)
    expect(mean.value.toArray()).toEqual([expect.closeTo(0.2), expect.closeTo(2)]);
    expect(variance.value.toArray()).toEqual([expect.closeTo(0.9 + 0.2), expect.closeTo(0.9 + 20, 4)]);
  });

  it('uses the running statistics in inference', () => {
    const norm = new BatchNorm({ epsilon: 0 }).eval();
    expect(norm.call(tensor([[2, -3]])).toArray()).toEqual([[2, -3]]);
  });

  it('is trained without gradients reaching its statistics', () => {
    const model = new Sequential([new Dense(3), new BatchNorm()]);
    const { grads } = valueAndGrad(() =>
      model
        .call(images([4, 2]))
        .square()
        .sum(),
    );
    expect([...grads.keys()].map(({ name }) => name).sort()).toEqual(['beta', 'bias', 'gamma', 'kernel']);
  });

  it('refuses a batch of one and bad options', () => {
    expectHebbError(() => new BatchNorm().call(zeros([1, 3])), 'shape', 'BatchNorm', 'eval()');
    expectHebbError(() => new BatchNorm({ momentum: 2 }), 'range', 'momentum');
    expectHebbError(() => new BatchNorm({ epsilon: -1 }), 'range', 'epsilon');
  });
});

describe('LayerNorm', () => {
  it('normalises rows', () => {
    const y = new LayerNorm().call(tensor([[1, 2, 3], [10, 20, 30]])); // biome-ignore format: a table
    for (const row of y.toArray() as number[][])
      expect(row).toEqual([expect.closeTo(-1.2247, 3), expect.closeTo(0), expect.closeTo(1.2247, 3)]);
  });

  it('refuses a scalar and a bad epsilon', () => {
    expectHebbError(() => new LayerNorm().call(zeros([])), 'shape', 'LayerNorm');
    expectHebbError(() => new LayerNorm({ epsilon: NaN }), 'range', 'epsilon');
  });
});

describe('Activation and Sequential', () => {
  it('take names and functions', () => {
    expect(new Activation('softmax').call(zeros([1, 4])).toArray()).toEqual([[0.25, 0.25, 0.25, 0.25]]);
    expect(new Activation((x) => x.add(1)).call(zeros([1])).toArray()).toEqual([1]);
  });

  it('tells layers of one kind apart', () => {
    const model = new Sequential([new Dense(1), new Dense(1), new Dense(1, { name: 'out' })]);
    expect(model.children().map(([key]) => key)).toEqual(['dense', 'dense_1', 'out']);
  });

  it('refuses what is no layer, and one name twice', () => {
    expectHebbError(() => new Sequential(undefined as never), 'argument', 'array of layers');
    // @ts-expect-error: what JavaScript users may pass
    expectHebbError(() => new Sequential([new Dense(1), 'relu']), 'argument', 'entry 1');
    expectHebbError(() => new Sequential([new Dense(1, { name: 'a' }), new Dense(1, { name: 'a' })]), 'argument', '"a"');
  });
});

describe('regularizers', () => {
  it('add up over a model', () => {
    const kernel = { kernelInitializer: () => tensor([[1, -2]]), useBias: false };
    const model = new Sequential([new Dense(2, { ...kernel, kernelRegularizer: l1(0.1) }), new Dense(1)]);
    model.call(zeros([1, 1]));
    expect(model.regularization()?.itemSync()).toBeCloseTo(0.3);
    expect(l2(0.5)(tensor([1, -2])).itemSync()).toBeCloseTo(2.5);
    expect(l1l2({ l1: 1, l2: 1 })(tensor([2])).itemSync()).toBeCloseTo(6);
    expect(new Dense(1).regularization()).toBeUndefined();
  });

  it('refuse negative rates', () => {
    for (const make of [l1, l2]) expectHebbError(() => make(-1), 'range', 'rate');
  });
});

describe('gradients', () => {
  it('of a small convolutional network agree with finite differences', () => {
    const model = new Sequential([
      new Conv2D(2, 3, { padding: 'same', activation: 'tanh' }),
      new AvgPool2D(2),
      new BatchNorm(),
      new Flatten(),
      new LayerNorm(),
      new Dense(2, { activation: 'softplus' }),
    ]);
    const x = new Generator(1).normal([3, 4, 4, 1], { dtype: 'float64' });
    gradCheck((input) => model.call(input), [x]);
    const { grads } = valueAndGrad(() => model.call(x).square().sum(), model.trainableVariables);
    for (const [parameter, gradient] of grads) expect(gradient.shape).toEqual(parameter.shape);
  });

  it('of a variable agree with finite differences', () => {
    const dense = new Dense(2, { activation: 'tanh' });
    const x = new Generator(1).normal([3, 4], { dtype: 'float64' });
    dense.call(x);
    const [kernel] = dense.variables as Variable<'float64'>[];
    const loss = () => Number(scope(() => dense.call(x).square().sum().itemSync()));
    const analytic = (valueAndGrad(() => dense.call(x).square().sum()).grads.get(kernel) as Tensor).dataSync();
    const values = kernel.value.dataSync();
    for (let i = 0; i < values.length; i++) {
      const at = (delta: number) => {
        const moved = values.slice();
        moved[i] += delta;
        kernel.assign(tensor(moved, { shape: kernel.shape }));
        return loss();
      };
      expect(Number(analytic[i])).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 5);
      kernel.assign(tensor(values, { shape: kernel.shape }));
    }
  });
});
