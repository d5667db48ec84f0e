import { type Device, HebbError, memory, type Tensor, tensor, zeros } from '@hebb/tensor';
import { expectHebbError, hasCuda } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { arrayDataset, collate, DataLoader, type Dataset, moveBatch, subset, trainValidationSplit } from './index.js';

const numbers = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
const flat = (batch: Tensor) => Array.from(batch.dataSync(), Number);
const values = (batches: Iterable<readonly Tensor[]>) => [...batches].flatMap(([batch]) => flat(batch));

/** Numbers 0 … n − 1, each after a wait. */
function slowDataset(length: number, log: string[] = [], wait = 5): Dataset<number> {
  return {
    length,
    get: async (index) => {
      log.push(`start ${index}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
      return index;
    },
  };
}

describe('arrayDataset', () => {
  it('has records and batches by position or name', () => {
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };
    const y = Int32Array.of(7, 8, 9);
    const byPosition = arrayDataset([x, y]);
    expect(byPosition.length).toBe(3);
    expect(byPosition.get(1)).toEqual([
      { data: Float32Array.of(3, 4), shape: [2] },
      { data: Int32Array.of(8), shape: [] },
    ]);
    const [images, labels] = byPosition.getBatch(Int32Array.of(2, 0));
    expect([images.dtype, images.shape, flat(images)]).toEqual(['float32', [2, 2], [5, 6, 1, 2]]);
    expect([labels.dtype, labels.shape, flat(labels)]).toEqual(['int32', [2], [9, 7]]);
    expect(flat(arrayDataset({ x, y }).getBatch(Int32Array.of(1)).y)).toEqual([8]);
  });

  it('converts and scales', () => {
    const data = Uint8Array.of(0, 51, 255);
    const [x] = arrayDataset([{ data, shape: [3], dtype: 'float32', scale: 1 / 255 }]).getBatch(numbers(3));
    for (const [i, value] of flat(x).entries()) expect(value).toBeCloseTo([0, 0.2, 1][i], 6);
    const wide = Uint8Array.from({ length: 64 }, (_, i) => i);
    expect(flat(arrayDataset([{ data: wide, shape: [2, 32], dtype: 'int32' }]).getBatch(Int32Array.of(1))[0])[0]).toBe(32);
    expect(
      arrayDataset([BigInt64Array.of(5n, 6n)])
        .getBatch(Int32Array.of(1))[0]
        .dataSync(),
    ).toEqual(BigInt64Array.of(6n));
  });

  it('refuses bad arguments', () => {
    const data = Float32Array.of(1, 2, 3);
    expect(() => arrayDataset([])).toThrow(/at least one field/);
    expect(() => arrayDataset([{ data, shape: [2] }])).toThrow(/needs 2 elements, but the array has 3/);
    expect(() => arrayDataset([{ data, shape: [] }])).toThrow(/\[N, …record\]/);
    expect(() => arrayDataset([{ data, shape: [1.5, 2] }])).toThrow(HebbError);
    expect(() => arrayDataset([data, Int32Array.of(1)])).toThrow(/0: 3, 1: 1/);
    expect(() => arrayDataset([{ data, shape: [3], dtype: 'int32' }])).toThrow(/lose values/);
    expect(() => arrayDataset([{ data, shape: [3], scale: Number.NaN }])).toThrow(/scale/);
    expect(() => arrayDataset([{ data: Int32Array.of(1), shape: [1], scale: 2 }])).toThrow(/scale needs/);
    expect(() => arrayDataset([{ data: BigInt64Array.of(1n), shape: [1], dtype: 'float32' }])).toThrow(/int64/);
    for (const index of [-1, 3, 0.5, Number.NaN]) expect(() => arrayDataset([data]).get(index)).toThrow(/index/);
    expect(() => arrayDataset([data]).getBatch(Int32Array.of(3))).toThrow(/index/);
  });
});

describe('DataLoader', () => {
  it('goes through the records in order, the last batch smaller', () => {
    const loader = new DataLoader(arrayDataset([numbers(7)]), { batchSize: 3 });
    expect([loader.length, loader.samples]).toEqual([3, 7]);
    expect([...loader].map(([batch]) => flat(batch))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('drops the last batch', () => {
    const loader = new DataLoader(arrayDataset([numbers(7)]), { batchSize: 3, dropLast: true });
    expect([loader.length, loader.samples, values(loader).length]).toEqual([2, 6, 6]);
  });

  it('shuffles anew every epoch, by seed and epoch only', async () => {
    const make = (options: object) =>
      new DataLoader(arrayDataset([numbers(50)]), { batchSize: 8, shuffle: true, seed: 5, ...options });
    const loader = make({});
    const [first, second] = [values(loader), values(loader)];
    expect(first).not.toEqual(second);
    expect([...first].sort((a, b) => a - b)).toEqual([...numbers(50)]);
    expect(values(make({ batchSize: 3 }))).toEqual(first);
    const overlapped: number[] = [];
    for await (const [batch] of make({ prefetch: 4 })) overlapped.push(...flat(batch));
    expect(overlapped).toEqual(first);
    const resumed = make({});
    resumed.epoch = 1;
    expect(values(resumed)).toEqual(second);
    expect(values(make({ seed: 6 }))).not.toEqual(first);
  });

  it('collates records, or lets the caller', async () => {
    const records: Dataset<{ x: number; y: Float32Array }> = { length: 3, get: (i) => ({ x: i, y: Float32Array.of(i, -i) }) };
    const [batch] = new DataLoader(records, { batchSize: 3 });
    expect([flat(batch.x), batch.y.shape, flat(batch.y)]).toEqual([
      [0, 1, 2],
      [3, 2],
      [0, -0, 1, -1, 2, -2],
    ]);
    const loader = new DataLoader(records, { batchSize: 2, collate: (items) => items.map(({ x }) => x) });
    expect([...loader]).toEqual([[0, 1], [2]]);
  });

  it('reads ahead, keeps the order, and overlaps', async () => {
    const log: string[] = [];
    const loader = new DataLoader(slowDataset(6, log), { batchSize: 1, prefetch: 2, collate: ([value]) => value });
    const seen: number[] = [];
    for await (const value of loader) {
      if (value === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      if (value === 0) expect(log).toContain('start 2');
      if (value === 0) expect(log).not.toContain('start 4');
      seen.push(value);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('says that an asynchronous dataset needs for await', () => {
    expect(() => [...new DataLoader(slowDataset(2))]).toThrow(/for await/);
  });

  it('passes errors on, and can be left early', async () => {
    const failing: Dataset<number> = {
      length: 4,
      get: async (index) => {
        if (index === 1) throw new HebbError('data', 'record 1 is broken');
        return index;
      },
    };
    const seen: unknown[] = [];
    const loop = async () => {
      for await (const batch of new DataLoader(failing, { batchSize: 1 })) seen.push(batch);
    };
    await expect(loop()).rejects.toThrow(/record 1 is broken/);
    expect(seen.length).toBe(1);
    for await (const _batch of new DataLoader(slowDataset(10), { batchSize: 2 })) break;
  });

  it('refuses bad arguments', () => {
    const dataset = arrayDataset([numbers(3)]);
    for (const batchSize of [0, -1, 1.5, Number.NaN]) expect(() => new DataLoader(dataset, { batchSize })).toThrow(/batchSize/);
    expect(() => new DataLoader(dataset, { seed: -1 })).toThrow(/seed/);
    expect(() => new DataLoader(dataset, { prefetch: 0.5 })).toThrow(/prefetch/);
    expect(() => new DataLoader(dataset, { batchSize: 4, dropLast: true })).toThrow(/dropLast/);
    expect(() => new DataLoader(arrayDataset([numbers(0)]))).toThrow(/at least one record/);
  });
});

describe('the device of a DataLoader', () => {
  it('is by default where the dataset makes its batches', () => {
    const made = zeros([2]);
    const loader = new DataLoader({ length: 1, get: () => 0, getBatch: () => ({ made }) });
    expect([...loader][0].made).toBe(made);
    expect(loader.device).toBeUndefined();
  });

  it('leaves batches alone that are there already', () => {
    const made = { x: zeros([2]), name: 'first' };
    const [batch] = new DataLoader({ length: 1, get: () => 0, getBatch: () => made }, { device: 'cpu' });
    expect(batch).toEqual(made);
    expect(batch.x).toBe(made.x);
  });

  it('must be one', () => {
    const device: Device = JSON.parse('"gpu"');
    expectHebbError(() => new DataLoader(arrayDataset([numbers(3)]), { device }), 'argument', 'DataLoader:', '"gpu"');
  });

  it('may be left early: batches that nobody takes are freed', async () => {
    const made: Tensor[] = [];
    const collate = (values: number[]) => [{ x: made[made.push(tensor(values)) - 1] }];
    for await (const _batch of new DataLoader(slowDataset(8), { batchSize: 1, device: 'cpu', collate })) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.map(({ disposed }) => disposed)).toEqual([false, true, true]);
  });

  describe.skipIf(!hasCuda())('cuda', () => {
    const device = 'cuda';
    const here = () => ({ cpu: memory('cpu').tensors, cuda: memory('cuda').tensors });
    /** Batches [{ x, y }, [x], name], of which x is there twice. */
    const nested = (wait?: number) =>
      new DataLoader(slowDataset(5, [], wait), {
        batchSize: 2,
        device,
        collate: (records) => {
          const x = tensor(records);
          return [{ x, y: tensor(records.map((value) => value === 1)) }, [x], 'name'] as const;
        },
      });

    it('holds every tensor of a batch, and the copies that they were made from are freed', async () => {
      const before = here();
      const seen: number[] = [];
      for await (const [{ x, y }, [again], name] of nested()) {
        expect([x.device, y.device, y.dtype, name]).toEqual([device, device, 'bool', 'name']);
        expect(again).toBe(x);
        seen.push(...flat(x));
        for (const used of [x, y]) used.dispose();
      }
      expect(seen).toEqual([0, 1, 2, 3, 4]);
      expect(here().cpu).toBeLessThanOrEqual(before.cpu);
      expect(here().cuda).toBeLessThanOrEqual(before.cuda);
    });

    it('holds single tensors, arrays, and records of synchronous loops', () => {
      const before = here();
      const [x] = new DataLoader({ length: 2, get: (i) => i }, { device });
      const [[y]] = new DataLoader(arrayDataset([numbers(2)]), { device });
      const [{ z }] = new DataLoader(arrayDataset({ z: numbers(2) }), { device });
      for (const batch of [x, y, z]) {
        expect([batch.device, flat(batch)]).toEqual([device, [0, 1]]);
        batch.dispose();
      }
      expect(here().cpu).toBeLessThanOrEqual(before.cpu);
    });

    it('gets batches ahead, which are freed when nobody takes them', async () => {
      const before = here();
      let most = 0;
      for await (const [{ x, y }] of nested(0)) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        most = memory(device).tensors - before.cuda;
        for (const used of [x, y]) used.dispose();
        break;
      }
      expect(most).toBe(2 * 3); // of the batch in use and of the two ahead
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(here().cpu).toBeLessThanOrEqual(before.cpu);
      expect(here().cuda).toBeLessThanOrEqual(before.cuda);
    });

    it('frees all of a batch that cannot be moved', () => {
      const before = here();
      const gone = zeros([3]);
      gone.dispose();
      expectHebbError(() => moveBatch([zeros([2]), { gone }, zeros([4])], device), 'disposed', 'to:');
      expect(here().cpu).toBeLessThanOrEqual(before.cpu);
      expect(here().cuda).toBeLessThanOrEqual(before.cuda);
    });
  });
});

it('a batch that holds itself is refused, and freed', () => {
  const before = memory('cpu').tensors;
  const batch: unknown[] = [zeros([2])];
  batch.push({ batch }, zeros([3]));
  expectHebbError(() => moveBatch(batch, 'cpu'), 'argument', 'inside itself');
  expect(memory('cpu').tensors).toBe(before);
});

describe('collate', () => {
  it('stacks tensors', () => {
    expect(collate([tensor([1, 2]), tensor([3, 4])]).shape).toEqual([2, 2]);
  });

  it('names records that do not fit', () => {
    expect(() => collate([])).toThrow(/at least one/);
    expect(() => collate([Float32Array.of(1), Float32Array.of(1, 2)])).toThrow(/shape \[1\].*\[2\]/);
    expect(() => collate([{ x: 1 }, { y: 1 } as never])).toThrow(/members x/);
    expect(() => collate([1, '2' as never])).toThrow(/number/);
    expect(() => collate(['text'])).toThrow(/collate function/);
    expect(() =>
      collate([
        [1, [Float32Array.of(1)]],
        [1, [Int32Array.of(1)]],
      ]),
    ).toThrow(/record\.1\.0: expected float32/);
  });
});

describe('subset and trainValidationSplit', () => {
  it('split without overlap, by seed', () => {
    const dataset = arrayDataset([numbers(10)]);
    const { train, validation } = trainValidationSplit(dataset, { fraction: 0.3, seed: 1 });
    const parts = [train, validation].map((part) => values(new DataLoader(part)));
    expect(parts.map((part) => part.length)).toEqual([7, 3]);
    expect(parts.flat().sort((a, b) => a - b)).toEqual([...numbers(10)]);
    expect(values(new DataLoader(trainValidationSplit(dataset, { fraction: 0.3, seed: 1 }).train))).toEqual(parts[0]);
    expect(values(new DataLoader(trainValidationSplit(dataset, { fraction: 0.3, seed: 2 }).train))).not.toEqual(parts[0]);
  });

  it('refuse bad arguments', () => {
    const dataset = arrayDataset([numbers(10)]);
    for (const fraction of [0, 1, -0.5, Number.NaN])
      expect(() => trainValidationSplit(dataset, { fraction })).toThrow(/fraction/);
    expect(() => trainValidationSplit(dataset, { fraction: 0.01 })).toThrow(/at least one record/);
    expect(() => subset(dataset, Int32Array.of(10))).toThrow(/index/);
    expect(() => subset(dataset, Int32Array.of(1)).get(1)).toThrow(/index/);
  });
});
