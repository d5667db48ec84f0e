import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayDataset } from '@hebb/data';
import { loadTensors, loadWeights, saveTensors, saveWeights } from '@hebb/format';
import { Dense, Dropout, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { Accuracy } from '@hebb/metrics';
import { Adam, SGD } from '@hebb/optimizers';
import { type Device, Generator, memory, randomNormal, setDefaultDevice, setSeed, type Tensor, tensor } from '@hebb/tensor';
import { expectClose, expectHebbError, expectHebbRejection, hasCuda } from '@hebb/testing';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Trainer } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'hebb-devices-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => setDefaultDevice('cpu'));

const same = { rtol: 1e-4, atol: 1e-5 };

const dataset = () => {
  const points = Float32Array.from({ length: 120 }, (_, i) => Math.sin(12.9898 * i + 4.1) * 2);
  const labels = Int32Array.from({ length: 60 }, (_, i) => Number(points[2 * i] > points[2 * i + 1]));
  return arrayDataset([{ data: points, shape: [60, 2] }, labels]);
};

describe.skipIf(!hasCuda())('a Trainer on a GPU', () => {
  const fit = async (device: Device | 'auto' | undefined, compiled = true) => {
    setSeed(1);
    const model = new Sequential([new Dense(8, { activation: 'relu' }), new Dropout(0.1), new Dense(2)]);
    const optimizer = new Adam({ learningRate: 0.02 });
    const metrics = [new Accuracy()];
    const trainer = new Trainer({ model, loss: crossEntropy, optimizer, metrics, device, compile: compiled });
    const { epochs } = await trainer.fit(dataset(), { epochs: 3, batchSize: 20, validation: dataset(), progress: false });
    const inputs = new Generator(2).normal([7, 2]);
    const outputs = await trainer.predict(inputs, { batchSize: 3 });
    expect(outputs.device).toBe(inputs.device);
    const evaluated = await trainer.evaluate(dataset());
    const figures = [...epochs, evaluated].flatMap((logs) => Object.values(logs).map(Number));
    return { trainer, model, optimizer, outcome: tensor([...figures, ...outputs.dataSync()]) };
  };

  it('trains, evaluates and predicts as on the CPU, and only the device is named', async () => {
    const { outcome: expected } = await fit('cpu');
    for (const compiled of [true, false]) {
      const { trainer, model, optimizer, outcome } = await fit('cuda', compiled);
      expectClose(outcome, expected, same);
      expect(trainer.device).toBe('cuda');
      for (const { device } of [...model.variables, ...optimizer.variables.slice(2)]) expect(device).toBe('cuda');
    }
  });

  it('takes the GPU where it is asked to choose, and the default device where it is not asked', async () => {
    expect((await fit('auto')).trainer.device).toBe('cuda');
    expect((await fit(undefined)).trainer.device).toBe('cpu');
    setDefaultDevice('cuda');
    const { trainer, outcome } = await fit(undefined);
    expect(trainer.device).toBe('cuda');
    setDefaultDevice('cpu');
    expectClose(outcome, (await fit('cpu')).outcome, same);
  });

  it('leaves nothing behind on either device', async () => {
    const { trainer } = await fit('cuda');
    const before = [memory('cpu').tensors, memory('cuda').tensors];
    await trainer.fit(dataset(), { epochs: 2, batchSize: 20, progress: false });
    expect(memory('cuda').tensors).toBeLessThanOrEqual(before[1]);
    expect(memory('cpu').tensors).toBeLessThanOrEqual(before[0]);
  });

  it('tells of a label outside of the classes', async () => {
    const model = new Dense(2);
    const trainer = new Trainer({ model, loss: crossEntropy, optimizer: new SGD(), device: 'cuda' });
    const bad = arrayDataset([{ data: new Float32Array(8), shape: [4, 2] }, Int32Array.of(0, 1, 5, 0)]);
    await expectHebbRejection(trainer.fit(bad, { progress: false }), 'range', '5');
    const good = arrayDataset([{ data: new Float32Array(8), shape: [4, 2] }, Int32Array.of(0, 1, 1, 0)]);
    expect((await trainer.fit(good, { progress: false })).epochs).toHaveLength(1);
  });

  it.each([
    ['SGD', () => new SGD({ learningRate: 0.1 })],
    ['SGD with momentum', () => new SGD({ learningRate: 0.1, momentum: 0.9 })],
    ['Adam', () => new Adam()],
  ])('keeps the weights and slots of the last good step of %s where a label is bad', async (_, make) => {
    for (const compiled of [true, false]) {
      const [model, optimizer] = [new Sequential([new Dense(4, { activation: 'tanh' }), new Dense(2)]), make()];
      const trainer = new Trainer({ model, loss: crossEntropy, optimizer, device: 'cuda', compile: compiled });
      const fit = (last: number) => {
        const data = arrayDataset([
          { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [4, 2] },
          Int32Array.of(0, 1, 1, last),
        ]);
        return trainer.fit(data, { epochs: 8, batchSize: 4, progress: false });
      };
      await fit(0);
      const kept = () => [...model.variables, ...optimizer.variables.slice(2)].map((variable) => [...variable.value.dataSync()]);
      const before = kept();
      await expectHebbRejection(fit(2), 'range', 'label 2');
      expect(kept()).toEqual(before);
      expect((await fit(0)).epochs).toHaveLength(8);
      expect(kept()).not.toEqual(before);
    }
  });

  it('scales the losses of a float16 model there', async () => {
    const model = new Dense(2, { dtype: 'mixed_float16' });
    const trainer = new Trainer({ model, loss: crossEntropy, optimizer: new SGD(), device: 'cuda' });
    const { epochs } = await trainer.fit(dataset(), { progress: false });
    expect(Number.isFinite(epochs[0].loss)).toBe(true);
    expect(trainer.scaler?.lossScale.device).toBe('cuda');
  });

  it('refuses a device that is none', () => {
    const options = { model: new Dense(1), loss: crossEntropy, optimizer: new SGD() };
    expectHebbError(() => new Trainer({ ...options, device: JSON.parse('"gpu"') }), 'argument', 'Trainer:', '"gpu"');
  });

  it('saves on one device and loads on the other', async () => {
    const path = join(folder, 'model.hebb');
    const there = await fit('cuda');
    await saveWeights(path, there.model, { optimizer: there.optimizer });
    const here = await fit('cpu');
    await loadWeights(path, here.model, { optimizer: here.optimizer });
    const values = ({ model, optimizer }: typeof here) => [...model.variables, ...optimizer.variables].map(({ value }) => value);
    values(here).forEach((value, i) => void expectClose(value, values(there)[i]));
    for (const { device } of here.model.variables) expect(device).toBe('cpu');
    await saveWeights(path, here.model, { optimizer: here.optimizer });
    await loadWeights(path, there.model, { optimizer: there.optimizer });
    for (const { device } of there.model.variables) expect(device).toBe('cuda');
    expect(there.optimizer.stepCount).toBe(here.optimizer.stepCount);
  });

  it('saves and loads tensors wherever they are', async () => {
    const path = join(folder, 'tensors.hebb');
    const x = randomNormal([3], { device: 'cuda' });
    const halves = x.cast('bfloat16');
    await saveTensors(path, { x, halves });
    const here = await loadTensors(path);
    const there = await loadTensors(path, { device: 'cuda' });
    for (const [name, value] of Object.entries({ x, halves })) {
      expect(here.get(name)?.device).toBe('cpu');
      expect(there.get(name)?.device).toBe('cuda');
      expectClose(here.get(name) as Tensor, value);
      expectClose(there.get(name) as Tensor, value);
    }
    await expectHebbRejection(loadTensors(path, { device: JSON.parse('"x"') }), 'argument', 'loadTensors:');
  });
});
