import { type BatchDataset, DataLoader, type Dataset, moveBatch } from '@hebb/data';
import { type Device, HebbError, Tensor } from '@hebb/tensor';
import { LookAhead } from './ahead.js';

/** Inputs and targets, the first axis the examples. */
export type Batch = readonly [Tensor, Tensor];

/** Anything that gives batches, or a dataset of [input, target] records that a loader can batch. */
export type BatchSource = DataLoader<unknown, Batch> | Dataset<readonly unknown[]> | BatchDataset<readonly unknown[], Batch>;

/** How a dataset becomes batches. */
interface LoadOptions {
  readonly batchSize?: number;
  readonly shuffle?: boolean;
  readonly seed?: number;
}

export function asLoader(
  source: BatchSource,
  { batchSize = 32, shuffle = true, seed = 0 }: LoadOptions,
): DataLoader<unknown, Batch> {
  if (source instanceof DataLoader) return source;
  if (typeof source !== 'object' || source === null || !('get' in source)) {
    throw new HebbError(
      'argument',
      `Trainer: expected a DataLoader or a dataset of [input, target] records, received ${kindOf(source)}.`,
    );
  }
  return new DataLoader<unknown, Batch>(source as BatchDataset<unknown, Batch>, { batchSize, shuffle, seed });
}

/**
 * The batches of an epoch on a device; whoever takes one disposes of it. On a GPU the next can be taken while one is computed on. Each is taken in its
 * turn on the CPU, where no copy is to be waited for, and from loaders that are to make nothing ahead (`prefetch: 0`).
 */
export function batchesOn(device: Device, loader: DataLoader<unknown, Batch>): LookAhead<Batch, Batch> {
  return new LookAhead(loader, {
    prepare: ([x, y]: Batch): Batch => {
      checkBatch(x, y);
      const pair = [x, y] as const;
      return x.device === device && y.device === device ? pair : moveBatch(pair, device);
    },
    discard: (batch) => {
      for (const tensor of batch) tensor.dispose();
    },
    enabled: device !== 'cpu' && loader.prefetch > 0,
  });
}

function checkBatch(x: unknown, y: unknown): void {
  if (x instanceof Tensor && y instanceof Tensor) return;
  throw new HebbError('data', `Trainer: expected batches [inputs, targets] of tensors, received [${kindOf(x)}, ${kindOf(y)}].`);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? value.constructor.name : typeof value;
}
