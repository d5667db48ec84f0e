import { checkAvailable, checkInteger, type Device, HebbError } from '@hebb/tensor';
import { disposeBatch, moveBatch } from './batch.js';
import { type Collated, collateUntyped } from './collate.js';
import { type BatchDataset, type Dataset, isBatchDataset } from './dataset.js';
import { prefetch } from './prefetch.js';
import { permutation } from './random.js';

/** Options of {@link DataLoader}. */
export interface LoaderOptions {
  /** Records per batch. Default 32. */
  readonly batchSize?: number;
  /** A new random order every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Seed of the shuffling, a non-negative integer. Default 0: every run sees the same orders. */
  readonly seed?: number;
  /** Leave out the last batch if it is smaller than `batchSize`. Default false. */
  readonly dropLast?: boolean;
  /** How many batches are in the making while one is in use, in asynchronous loops. Default 2. */
  readonly prefetch?: number;
  /**
   * Where the batches are: the copies of a batch in the making travel while the one in use is computed on, and what was copied
   * is freed; see {@link moveBatch}. Default: wherever the dataset or `collate` makes them.
   */
  readonly device?: Device;
}

/** Options of {@link DataLoader} with a collate function of your own. */
export interface CollateOptions<T, B> extends LoaderOptions {
  /** Turns the records of one batch into the batch. */
  readonly collate: (records: T[]) => B;
}

/** Makes the batch of some records. */
type Assemble<B> = (indices: Int32Array) => B | Promise<B>;

/**
 * Batches of a dataset, one epoch per loop: `for await (const [x, y] of loader)`, or a plain `for … of` when the dataset is
 * synchronous. The order of epoch `e` depends on (seed, e) only.
 *
 * @example
 * const loader = new DataLoader(train, { batchSize: 64, shuffle: true, seed: 1 });
 * for await (const [images, labels] of loader) step(images, labels);
 */
export class DataLoader<T, B = Collated<T>> implements AsyncIterable<B>, Iterable<B> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly prefetch: number;
  readonly device: Device | undefined;
  /** The epoch of the next loop, from 0. Set it to resume: the order depends on it. */
  epoch = 0;
  readonly #dataset: Dataset<T>;
  readonly #assemble: Assemble<B>;

  /**
   * @throws HebbError `range` for a batch size below 1 or a seed or prefetch below 0, `data` for a dataset without records,
   *   or without one full batch under `dropLast`, `argument` for a device that is none, `unsupported` for one that is not available.
   */
  constructor(dataset: Dataset<T>, options: CollateOptions<T, B>);
  constructor(dataset: BatchDataset<T, B>, options?: LoaderOptions);
  constructor(dataset: Dataset<T>, options?: LoaderOptions);
  constructor(dataset: Dataset<T> | BatchDataset<T, B>, options: LoaderOptions | CollateOptions<T, B> = {}) {
    this.batchSize = options.batchSize ?? 32;
    this.shuffle = options.shuffle ?? false;
    this.seed = options.seed ?? 0;
    this.dropLast = options.dropLast ?? false;
    this.prefetch = options.prefetch ?? 2;
    this.device = options.device;
    checkInteger('DataLoader', 'batchSize', this.batchSize, 1);
    checkInteger('DataLoader', 'seed', this.seed, 0);
    checkInteger('DataLoader', 'prefetch', this.prefetch, 0);
    if (this.device !== undefined) checkAvailable(this.device, 'DataLoader');
    this.#dataset = dataset;
    this.#assemble = placing(assembler(dataset, options), this.device);
    if (this.length === 0) {
      const need = this.dropLast
        ? `dropLast with batchSize ${this.batchSize} needs at least that many records`
        : 'at least one record is needed';
      throw new HebbError('data', `DataLoader: no batch to load: ${need}, the dataset has ${dataset.length}.`);
    }
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.#dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Records in an epoch. */
  get samples(): number {
    return this.dropLast ? this.length * this.batchSize : this.#dataset.length;
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const indices = this.#nextEpoch();
    return prefetch(this.length, this.prefetch, (batch) => this.#assemble(indices(batch)), disposeBatch);
  }

  /** @throws HebbError `argument` if the dataset turns out to be asynchronous. */
  *[Symbol.iterator](): Generator<B, void, undefined> {
    const indices = this.#nextEpoch();
    for (let batch = 0; batch < this.length; batch += 1) {
      const made = this.#assemble(indices(batch));
      if (made instanceof Promise) {
        made.then(disposeBatch, () => undefined);
        throw new HebbError('argument', 'DataLoader: this dataset is asynchronous; loop over it with "for await".');
      }
      yield made;
    }
  }

  /** Draws the order of the epoch and returns the record indices of each of its batches. */
  #nextEpoch(): (batch: number) => Int32Array {
    const { length } = this.#dataset;
    const order = this.shuffle ? permutation(length, this.seed, this.epoch) : Int32Array.from({ length }, (_, i) => i);
    this.epoch += 1;
    return (batch) => order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize);
  }
}

/** The quickest way to a batch: the caller's collate function, the dataset's batch path, or {@link collate}. */
function assembler<T, B>(dataset: Dataset<T> | BatchDataset<T, B>, options: LoaderOptions | CollateOptions<T, B>): Assemble<B> {
  if ('collate' in options && options.collate !== undefined) {
    const { collate: custom } = options;
    return (indices) => withRecords(dataset, indices, custom);
  }
  if (isBatchDataset<T, B>(dataset)) return (indices) => dataset.getBatch(indices);
  // Without a collate function and a batch path, B is its default, Collated<T>.
  return (indices) => withRecords(dataset, indices, (records) => collateUntyped(records) as B);
}

function withRecords<T, B>(dataset: Dataset<T>, indices: Int32Array, make: (records: T[]) => B): B | Promise<B> {
  const records: (T | Promise<T>)[] = Array.from(indices, (index) => dataset.get(index));
  if (!records.some((record) => record instanceof Promise)) return make(records as T[]);
  return Promise.all(records).then((settled) => make(settled as T[]));
}

/** Batches of `assemble` on a device, or where they were made. */
function placing<B>(assemble: Assemble<B>, device: Device | undefined): Assemble<B> {
  if (device === undefined) return assemble;
  return (indices) => {
    const made = assemble(indices);
    return made instanceof Promise ? made.then((batch) => moveBatch(batch, device)) : moveBatch(made, device);
  };
}
