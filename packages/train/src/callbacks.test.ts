import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { arrayDataset } from '@hebb/data';
import { inspect, loadWeights } from '@hebb/format';
import { Dense, Sequential } from '@hebb/layers';
import { meanSquaredError } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { setSeed } from '@hebb/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CSVLogger,
  DownloadBar,
  EarlyStopping,
  LearningRateSchedule,
  type Logs,
  lossCurve,
  ModelCheckpoint,
  ProgressBar,
  TerminateOnNaN,
  Trainer,
  type TrainingState,
} from './index.js';

let folder: string;
beforeEach(async () => {
  setSeed(0);
  folder = await mkdtemp(join(tmpdir(), 'hebb-train-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A stream that remembers what was written. */
function screen(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 120, fd: 1 }) as never, text: () => text };
}

/** y = 3x */
const line = arrayDataset([
  { data: Float32Array.of(-2, -1, 1, 2), shape: [4, 1] },
  { data: Float32Array.of(-6, -3, 3, 6), shape: [4, 1] },
]);
const trainerOf = (learningRate = 0.05) =>
  new Trainer({ model: new Sequential([new Dense(1)]), loss: meanSquaredError, optimizer: new SGD({ learningRate }) });

/** A state whose figures a test makes up. */
function fakeState(): TrainingState & { reasons: string[] } {
  const { model, optimizer } = trainerOf();
  const reasons: string[] = [];
  return { model, optimizer, epochs: 10, steps: 1, batchLoss: 0, reasons, stop: (reason) => void reasons.push(reason) };
}

describe('EarlyStopping', () => {
  it('waits for its patience', () => {
    const state = fakeState();
    const stopping = new EarlyStopping({ monitor: 'valLoss', patience: 1, minDelta: 0.1 });
    for (const [epoch, valLoss] of [1, 0.5, 0.45].entries()) stopping.onEpochEnd(epoch, { valLoss }, state);
    expect(state.reasons).toEqual([]);
    stopping.onEpochEnd(3, { valLoss: 0.42 }, state);
    expect(state.reasons).toEqual(['valLoss has not improved since epoch 2 (0.5000)']);
  });

  it('knows that a larger accuracy is better, and that NaN never is', () => {
    const state = fakeState();
    const stopping = new EarlyStopping({ monitor: 'valAccuracy' });
    stopping.onEpochEnd(0, { valAccuracy: 0.5 }, state);
    stopping.onEpochEnd(1, { valAccuracy: 0.6 }, state);
    expect(state.reasons).toEqual([]);
    stopping.onEpochEnd(2, { valAccuracy: NaN }, state);
    expect(state.reasons).toHaveLength(1);
  });

  it('puts the best variables back', async () => {
    const trainer = trainerOf(0.3);
    let best = Infinity;
    const watch = {
      onEpochEnd: (_epoch: number, { valLoss }: Logs) => {
        best = Math.min(best, valLoss);
      },
    };
    const stopping = new EarlyStopping({ patience: 2, restoreBest: true });
    const rates = new LearningRateSchedule((epoch) => (epoch < 3 ? 0.05 : 1.5));
    const history = await trainer.fit(line, {
      epochs: 20,
      validation: line,
      callbacks: [rates, watch, stopping],
      progress: false,
    });
    expect(history.stopped).toContain('valLoss has not improved');
    expect((await trainer.evaluate(line)).loss).toBeCloseTo(best, 6);
  });

  it('refuses a figure that there is none of', () => {
    expect(() => new EarlyStopping({ monitor: 'f1' }).onEpochEnd(0, { loss: 1 }, fakeState())).toThrow(/"f1".*loss/);
    expect(() => new EarlyStopping({ patience: -1 })).toThrow(/patience/);
  });
});

describe('ModelCheckpoint', () => {
  it('saves the best epoch, to be loaded again', async () => {
    const path = join(folder, 'best.hebb');
    const trainer = trainerOf();
    const history = await trainer.fit(line, { epochs: 5, callbacks: [new ModelCheckpoint(path)], progress: false });
    const info = await inspect(path);
    expect(info.metadata.get('epoch')).toBe('5');
    expect(Number(info.metadata.get('loss'))).toBe(history.epochs[4].loss);
    const other = trainerOf();
    other.model.call((line.getBatch(Int32Array.of(0)) as never)[0]);
    await loadWeights(path, other.model, { optimizer: other.optimizer });
    expect(await other.evaluate(line)).toEqual(await trainer.evaluate(line));
    expect(other.optimizer.stepCount).toBe(5);
  });
});

describe('CSVLogger', () => {
  it('writes a line an epoch', async () => {
    const path = join(folder, 'log.csv');
    const { epochs } = await trainerOf().fit(line, { epochs: 2, callbacks: [new CSVLogger(path)], progress: false });
    const lines = epochs.map(({ loss, learningRate }, i) => `${i + 1},${loss},${learningRate}\n`);
    expect(await readFile(path, 'utf8')).toBe(`epoch,loss,learningRate\n${lines.join('')}`);
  });

  it('says which file it cannot write', async () => {
    const logger = new CSVLogger(join(folder, 'none', 'log.csv'));
    await expect(trainerOf().fit(line, { callbacks: [logger], progress: false })).rejects.toThrow(
      /CSVLogger: cannot write .*log\.csv/,
    );
  });
});

describe('TerminateOnNaN and LearningRateSchedule', () => {
  it('end a training that diverges', async () => {
    const history = await trainerOf(1e30).fit(line, { epochs: 50, callbacks: [new TerminateOnNaN()], progress: false });
    expect(history.stopped).toMatch(/the loss is (NaN|Infinity) at batch/);
    expect(history.epochs.length).toBeLessThan(50);
  });

  it('set the rate of each epoch', async () => {
    const callbacks = [new LearningRateSchedule((epoch, rate) => (epoch === 0 ? rate : rate / 2))];
    const { epochs } = await trainerOf(0.04).fit(line, { epochs: 3, callbacks, progress: false });
    expect(epochs.map(({ learningRate }) => learningRate)).toEqual([0.04, 0.02, 0.01]);
    await expect(trainerOf().fit(line, { callbacks: [new LearningRateSchedule(() => NaN)], progress: false })).rejects.toThrow(
      /learningRate/,
    );
  });
});

describe('ProgressBar', () => {
  it('writes plain lines where there is no terminal', async () => {
    const { stream, text } = screen(false);
    await trainerOf().fit(line, { epochs: 2, validation: line, callbacks: [new ProgressBar(stream)], progress: false });
    const lines = text().trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^Epoch 2\/2 {2}1 steps {2}.* ms\/step {2}loss \S+ {2}valLoss \S+$/);
  });

  it('draws a live bar on a terminal', async () => {
    const { stream, text } = screen(true);
    await trainerOf().fit(line, { callbacks: [new ProgressBar(stream)], progress: false });
    expect(text()).toContain('Epoch 1/1 ━━━');
    expect(text()).toMatch(/1\/1 .*ms\/step {2}loss/);
  });
});

describe('DownloadBar', () => {
  const feed = (bar: DownloadBar) => {
    bar.update({ file: 'a.gz', received: 1e6, total: 4e6 });
    bar.update({ file: 'b.gz', received: 2e6, total: 2e6 });
    bar.stop();
  };

  it('adds up files on a terminal', () => {
    const { stream, text } = screen(true);
    feed(new DownloadBar('Downloading', stream));
    expect(text()).toContain('50 %  3.0/6.0 MB');
  });

  it('writes a line a file elsewhere', () => {
    const { stream, text } = screen(false);
    feed(new DownloadBar('Downloading', stream));
    expect(text()).toBe('Downloading: a.gz\nDownloading: b.gz\n');
  });
});

describe('lossCurve', () => {
  it('draws numbers in a few lines', () => {
    const lines = lossCurve(Array.from({ length: 500 }, (_, i) => 1 / (1 + i))).split('\n');
    expect(lines).toHaveLength(9);
    expect(Math.max(...lines.map((text) => text.length))).toBeLessThan(80);
  });

  it('draws nothing of nothing, and skips what is not finite', () => {
    expect(lossCurve([1])).toBe('');
    expect(lossCurve([1, NaN, 2])).toContain('2.00');
  });
});
