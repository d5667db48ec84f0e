import { arrayDataset, DataLoader } from '@hebb/data';
import { Activation, BatchNorm, Dense, Dropout, type Layer, l2, Sequential } from '@hebb/layers';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import { Accuracy } from '@hebb/metrics';
import { Adam, Optimizer, SGD, type State, schedules } from '@hebb/optimizers';
import { Generator, HebbError, memory, setSeed, type Tensor, tensor, type Variable, zeros } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Callback, Trainer } from './index.js';

beforeEach(() => setSeed(0));

/** Points of the plane, labelled by the sign of x·y: what no linear model learns. */
function quadrants(count: number) {
  const points = Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(12.9898 * i + 4.1) * 2);
  const labels = Int32Array.from({ length: count }, (_, i) => Number(points[2 * i] * points[2 * i + 1] > 0));
  return arrayDataset([{ data: points, shape: [count, 2] }, labels]);
}

const network = () => new Sequential([new Dense(16, { activation: 'tanh' }), new Dense(2)]);
const trainerOf = (model: Layer, optimizer: Optimizer = new Adam({ learningRate: 0.02 })) =>
  new Trainer({ model, loss: crossEntropy, optimizer, metrics: [new Accuracy()] });

describe('Trainer.fit', () => {
  it('learns, and returns the figures of every epoch', async () => {
    const trainer = trainerOf(network());
    const { epochs, stopped } = await trainer.fit(quadrants(600), { epochs: 30, validation: quadrants(200), progress: false });
    expect(stopped).toBeUndefined();
    expect(epochs).toHaveLength(30);
    expect(Object.keys(epochs[0])).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy', 'learningRate']);
    expect(epochs[29].valAccuracy).toBeGreaterThan(0.95);
    expect(epochs[29].loss).toBeLessThan(epochs[0].loss / 3);
  });

  it('gives the same result for the same seeds', async () => {
    const run = async () => {
      setSeed(4);
      const model = new Sequential([new Dense(8, { activation: 'relu' }), new Dropout(0.2), new Dense(2)]);
      const { epochs } = await trainerOf(model).fit(quadrants(100), { epochs: 3, seed: 9, progress: false });
      return epochs;
    };
    expect(await run()).toEqual(await run());
  });

  it('compiles its step, with the results of eager code', async () => {
    const run = async (compile: boolean) => {
      setSeed(4);
      const model = new Sequential([new Dense(8, { activation: 'relu' }), new BatchNorm(), new Dropout(0.2), new Dense(2)]);
      const optimizer = new Adam({ learningRate: schedules.oneCycle(0.05, { steps: 40 }) });
      const trainer = new Trainer({ model, loss: crossEntropy, optimizer, metrics: [new Accuracy()], compile });
      const { epochs } = await trainer.fit(quadrants(150), { epochs: 4, validation: quadrants(40), progress: false });
      return { epochs, values: model.variables.map((variable) => variable.value.dataSync()), steps: optimizer.stepCount };
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('adds regularizers to the loss', async () => {
    const model = new Sequential([new Dense(2, { kernelRegularizer: l2(10), kernelInitializer: 'ones' })]);
    const { epochs } = await trainerOf(model, new SGD({ learningRate: 0 })).fit(quadrants(64), { progress: false });
    expect(epochs[0].loss).toBeGreaterThan(40);
  });

  it('trains with an optimizer of the user', async () => {
    class SignDescent extends Optimizer {
      override initState(): State {
        return {};
      }
      override update(parameter: Variable, gradient: Tensor): void {
        parameter.assign(parameter.value.sub(gradient.sign().mul(this.rate(parameter.dtype))));
      }
    }
    const { epochs } = await trainerOf(network(), new SignDescent(0.005)).fit(quadrants(600), { epochs: 20, progress: false });
    expect(epochs[19].accuracy).toBeGreaterThan(0.9);
  });

  it('applies transformGradients', async () => {
    const seen: number[] = [];
    const trainer = new Trainer({
      model: network(),
      loss: crossEntropy,
      optimizer: new SGD(),
      compile: false,
      transformGradients: (grads) => {
        seen.push(grads.size);
        return grads;
      },
    });
    await trainer.fit(quadrants(64), { batchSize: 32, progress: false });
    expect(seen).toEqual([4, 4]);
  });

  it('calls callbacks in order, and onTrainEnd when training fails', async () => {
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(name);
    const callback: Callback = {
      onTrainBegin: note('begin'),
      onEpochBegin: note('epoch'),
      onBatchEnd: note('batch'),
      onEpochEnd: note('end of epoch'),
      onTrainEnd: note('end'),
    };
    await trainerOf(network()).fit(quadrants(40), { batchSize: 20, callbacks: [callback], progress: false });
    expect(calls).toEqual(['begin', 'epoch', 'batch', 'batch', 'end of epoch', 'end']);
    calls.length = 0;
    const failing = { ...callback, onBatchEnd: () => Promise.reject(new Error('no')) };
    await expect(trainerOf(network()).fit(quadrants(40), { callbacks: [failing], progress: false })).rejects.toThrow('no');
    expect(calls).toEqual(['begin', 'epoch', 'end']);
  });

  it('leaves nothing behind', async () => {
    const trainer = trainerOf(network());
    await trainer.fit(quadrants(40), { progress: false });
    const before = memoryWithoutGarbage().tensors;
    await trainer.fit(quadrants(40), { epochs: 5, validation: quadrants(20), progress: false });
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it('takes batches of ever new shapes', async () => {
    const trainer = new Trainer({ model: new Dense(1), loss: meanSquaredError, optimizer: new SGD({ learningRate: 0.01 }) });
    const values = Float32Array.from({ length: 70 }, (_, i) => i / 70);
    for (let n = 1; n <= 70; n++) {
      const part = { data: values.slice(0, n), shape: [n, 1] };
      await trainer.fit(arrayDataset([part, part]), { batchSize: n, progress: false });
    }
    expect(trainer.optimizer.stepCount).toBe(70);
  });

  it('lets the event loop turn', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await trainerOf(network()).fit(quadrants(8000), { epochs: 30, batchSize: 8, progress: false });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('refuses labels outside the classes, bad options and batches that are no pairs, and goes on afterwards', async () => {
    const trainer = trainerOf(network());
    const wrong = arrayDataset([{ data: new Float32Array(8), shape: [4, 2] }, Int32Array.of(0, 1, 2, 0)]);
    await trainer.fit(quadrants(8), { progress: false });
    await expect(trainer.fit(wrong, { progress: false })).rejects.toThrow(/label 2.*|2.*classes/);
    expect(trainer.optimizer.stepCount).toBe(1);
    await expect(trainer.fit(quadrants(8), { epochs: 0, progress: false })).rejects.toThrow(/epochs/);
    const single = new DataLoader(arrayDataset([{ data: new Float32Array(8), shape: [4, 2] }]));
    // @ts-expect-error: batches of one tensor
    await expect(trainer.fit(single, { progress: false })).rejects.toThrow(/\[inputs, targets\]/);
    for (const source of [42, undefined, {}]) {
      await expect(trainer.fit(source as never, { progress: false })).rejects.toThrow(/expected a DataLoader or a dataset/);
    }
    expect((await trainer.fit(quadrants(8), { progress: false })).epochs).toHaveLength(1);
    // @ts-expect-error: no optimizer
    expect(() => new Trainer({ model: network(), loss: crossEntropy })).toThrow(HebbError);
  });
});

describe('Trainer.evaluate and predict', () => {
  it('run in inference mode and put the mode back', async () => {
    const model = new Sequential([new Dropout(0.9), new Dense(1, { kernelInitializer: 'ones', useBias: false })]);
    const trainer = new Trainer({ model, loss: meanSquaredError, optimizer: new SGD() });
    const x = new Generator(1).uniform([70, 3]);
    const y = await trainer.predict(x, { batchSize: 32 });
    expect(
      y
        .sub(x.sum(1, { keepDims: true }))
        .abs()
        .max()
        .itemSync(),
    ).toBeLessThan(1e-6);
    expect(model.training).toBe(true);
    const data = arrayDataset([
      { data: x.dataSync(), shape: [70, 3] },
      { data: y.dataSync(), shape: [70, 1] },
    ]);
    expect((await trainer.evaluate(data)).loss).toBeCloseTo(0);
    expect(model.training).toBe(true);
  });

  it('weigh the last, smaller batch by its size', async () => {
    const model = new Sequential([new Dense(1, { kernelInitializer: 'zeros' })]);
    const trainer = new Trainer({ model, loss: meanSquaredError, optimizer: new SGD() });
    const targets = Float32Array.of(1, 1, 4);
    const data = arrayDataset([
      { data: new Float32Array(3), shape: [3, 1] },
      { data: targets, shape: [3, 1] },
    ]);
    expect((await trainer.evaluate(data, { batchSize: 2 })).loss).toBeCloseTo((1 + 1 + 16) / 3);
  });

  it('let the event loop turn', async () => {
    const trainer = new Trainer({ model: new Dense(512), loss: meanSquaredError, optimizer: new SGD({ learningRate: 0.01 }) });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const predictions = await trainer.predict(zeros([16384, 512]), { batchSize: 16 });
    clearInterval(timer);
    expect(predictions.shape).toEqual([16384, 512]);
    expect(turns).toBeGreaterThan(0);
  });

  it('refuse nothing to predict', async () => {
    await expect(trainerOf(network()).predict(zeros([0, 2]))).rejects.toThrow(/N from 1/);
    await expect(trainerOf(network()).predict(tensor([[1, 2]]), { batchSize: 0 })).rejects.toThrow(/batchSize/);
  });
});

describe('compiled inference', () => {
  it('follows training, with the results of eager code', async () => {
    const model = new Sequential([new Dense(8), new BatchNorm(), new Activation('relu'), new Dense(2)]);
    const trainer = trainerOf(model);
    const eager = new Trainer({ model, loss: crossEntropy, optimizer: new SGD({ learningRate: 0 }), compile: false });
    const x = new Generator(3).normal([40, 2]);
    for (let round = 0; round < 3; round++) {
      await trainer.fit(quadrants(64), { progress: false });
      for (let again = 0; again < 2; again++) {
        const [found, expected] = [await trainer.predict(x), await eager.predict(x)];
        found.dataSync().forEach((value, i) => void expect(value).toBeCloseTo(Number(expected.dataSync()[i]), 4));
      }
    }
  });
});
