import { DataLoader } from '@hebb/data';
import { Activation, Dense, Dropout, Sequential } from '@hebb/layers';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import type { Metric } from '@hebb/metrics';
import { SGD } from '@hebb/optimizers';
import { type Device, Generator, memory, type Tensor, tensor, zeros } from '@hebb/tensor';
import { expectClose, expectHebbRejection, presentDevices } from '@hebb/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Batch, type Callback, Trainer } from './index.js';

const BATCHES = 5;
let log: string[] = [];
beforeEach(() => {
  log = [];
});
const logged = (what: string) => log.filter((entry) => entry.startsWith(what));

/** Four examples. */
const pair = (label = 0): Batch => [zeros([4, 3]), tensor([0, 1, label, 1], { dtype: 'int32' })];

interface Case {
  prefetch?: number;
  /** The batch that cannot be made. */
  broken?: number;
  /** The batch that has a label outside of the classes. */
  mislabelled?: number;
  device?: Device;
}

/** Batches that tell when they are made, and when they are moved. */
function loaderOf({ prefetch = 1, broken, mislabelled, device }: Case = {}): DataLoader<number, Batch> {
  const getBatch = ([index]: Int32Array): Batch => {
    log.push(`make ${index}`);
    if (index === broken) throw new Error(`batch ${index} is broken`);
    const [x, y] = pair(index === mislabelled ? 7 : 0);
    const to = x.to.bind(x);
    x.to = (where) => {
      log.push(`move ${index}`);
      return to(where);
    };
    return [x, y];
  };
  return new DataLoader({ length: BATCHES, get: (index) => index, getBatch }, { batchSize: 1, prefetch, device });
}

/** Tells when the figures of a batch were read. */
class Reading implements Metric {
  readonly name = 'reading';
  private batches = 0;
  update(): void {
    log.push(`read ${this.batches++}`);
  }
  result(): number {
    return this.batches;
  }
  reset(): void {
    this.batches = 0;
  }
}

const noting: Callback = { onBatchEnd: (batch) => void log.push(`end ${batch}`) };
const inTurn = Array.from({ length: BATCHES }, (_, i) => [`make ${i}`, `read ${i}`, `end ${i}`]).flat();

describe.each(presentDevices())('the batches of a Trainer on %s', (device) => {
  const trainerOf = (compile = true) => {
    const model = new Dense(2);
    return new Trainer({ model, loss: crossEntropy, optimizer: new SGD(), metrics: [new Reading()], device, compile });
  };
  const fit = (loader: DataLoader<number, Batch>, callback = noting, trainer = trainerOf()) =>
    trainer.fit(loader, { callbacks: [callback], progress: false });
  /** Each batch but the first was made and moved before the figures of the one before were read. */
  const expectAhead = () => {
    for (let batch = 1; batch < BATCHES; batch++) {
      const places = [`make ${batch}`, `move ${batch}`, `read ${batch - 1}`].map((entry) => log.indexOf(entry));
      expect(places, log.join(', ')).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    }
  };

  it.each([true, false])('are taken while a GPU computes the one before (compiled: %s)', async (compile) => {
    const trainer = trainerOf(compile);
    await fit(loaderOf(), noting, trainer);
    if (device === 'cuda') expectAhead();
    expect(log.filter((entry) => !/make|move/.test(entry))).toEqual(inTurn.filter((entry) => !/make/.test(entry)));
    log = [];
    await trainer.evaluate(loaderOf());
    if (device === 'cuda') expectAhead();
    expect(logged('read')).toHaveLength(BATCHES);
  });

  it('are taken in their turn from a loader that prefetches nothing', async () => {
    await fit(loaderOf({ prefetch: 0 }));
    expect(log.filter((entry) => !/move/.test(entry))).toEqual(inTurn);
    if (device === 'cuda') for (let i = 0; i < BATCHES; i++) expect(log[log.indexOf(`make ${i}`) + 1]).toBe(`move ${i}`);
  });

  it('are ahead for one epoch only', async () => {
    const onEpochEnd = () => void log.push('end of epoch');
    await trainerOf().fit(loaderOf(), { epochs: 2, callbacks: [{ onEpochEnd }], progress: false });
    expect(log.slice(0, log.indexOf('end of epoch')).filter((entry) => entry.startsWith('make'))).toHaveLength(BATCHES);
    expect(logged('make')).toHaveLength(2 * BATCHES);
  });

  it('tell what is wrong with them after the results of the one before', async () => {
    await expect(fit(loaderOf({ broken: 2 }))).rejects.toThrow('batch 2 is broken');
    expect(logged('end')).toEqual(['end 0', 'end 1']);
    log = [];
    const dataset = { length: BATCHES, get: (index: number) => index };
    const collate = ([index]: number[]): Batch => (index === 2 ? JSON.parse('[1, 2]') : pair());
    await expectHebbRejection(fit(new DataLoader(dataset, { batchSize: 1, collate })), 'data', '[number, number]');
    expect(logged('end')).toEqual(['end 0', 'end 1']);
  });

  it('are freed when training stops early or fails', async () => {
    const held = () => presentDevices().map((where) => memory(where).tensors);
    const trainer = trainerOf();
    await fit(loaderOf(), noting, trainer);
    const before = held();
    const expectFreed = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20)); // what was in the making
      held().forEach((tensors, i) => void expect(tensors).toBeLessThanOrEqual(before[i]));
    };
    const stopping: Callback = { onBatchEnd: (batch, _logs, state) => (batch === 1 ? state.stop('enough') : undefined) };
    const failing: Callback = { onBatchEnd: () => Promise.reject(new Error('no')) };
    for (const placed of [undefined, device]) {
      expect((await fit(loaderOf({ device: placed }), stopping, trainer)).stopped).toBe('enough');
      await expectFreed();
      await expect(fit(loaderOf({ device: placed }), failing, trainer)).rejects.toThrow('no');
      await expectFreed();
      await expectHebbRejection(fit(loaderOf({ mislabelled: 2, device: placed }), noting, trainer), 'range', '7');
      await expectFreed();
      await expect(fit(loaderOf({ broken: 2, device: placed }), noting, trainer)).rejects.toThrow('batch 2 is broken');
      await expectFreed();
    }
  });

  it('may be one tensor for inputs and targets', async () => {
    const twice = (values: number[]): Batch => {
      const x = tensor(values.map((value) => [value]));
      return [x, x];
    };
    const loader = new DataLoader({ length: 4, get: (index: number) => index }, { batchSize: 2, collate: twice });
    const trainer = new Trainer({ model: new Dense(1), loss: meanSquaredError, optimizer: new SGD(), device });
    expect((await trainer.fit(loader, { progress: false })).epochs).toHaveLength(1);
  });

  it('are put together by predict, also where a model returns its inputs', async () => {
    const inputs: Tensor = new Generator(2).normal([7, 2]);
    const model = new Sequential([new Activation('linear'), new Dropout(0.5)]);
    const trainer = new Trainer({ model, loss: meanSquaredError, optimizer: new SGD(), device });
    for (const batchSize of [3, 7, 3]) expectClose(await trainer.predict(inputs, { batchSize }), inputs);
  });
});
