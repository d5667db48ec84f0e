import { checkIndex } from './check.js';

/** A finite, indexable collection of records. */
export interface Dataset<T> {
  /** How many records there are. */
  readonly length: number;
  /** Record `index` (0 ≤ index < length). An asynchronous dataset returns a promise. */
  get(index: number): T | Promise<T>;
}

/** A dataset that can assemble a whole batch itself, without an object per record. `DataLoader` prefers this path. */
export interface BatchDataset<T, B> extends Dataset<T> {
  /** The batch of the records `indices`, in that order. */
  getBatch(indices: Int32Array): B;
}

/** Whether `dataset` has the batch path. */
export function isBatchDataset<T, B>(dataset: Dataset<T> | BatchDataset<T, B>): dataset is BatchDataset<T, B> {
  return 'getBatch' in dataset && typeof dataset.getBatch === 'function';
}

/** The records of `source` named by `indices`, in that order. Keeps the source's batch path. */
export class Subset<T> implements Dataset<T> {
  constructor(
    protected readonly source: Dataset<T>,
    protected readonly indices: Int32Array,
  ) {
    for (const index of indices) checkIndex(index, source.length);
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T | Promise<T> {
    checkIndex(index, this.length);
    return this.source.get(this.indices[index]);
  }
}

/** A {@link Subset} of a dataset that has the batch path. */
export class BatchSubset<T, B> extends Subset<T> implements BatchDataset<T, B> {
  constructor(
    protected override readonly source: BatchDataset<T, B>,
    indices: Int32Array,
  ) {
    super(source, indices);
  }

  getBatch(indices: Int32Array): B {
    for (const index of indices) checkIndex(index, this.length);
    return this.source.getBatch(indices.map((index) => this.indices[index]));
  }
}

/**
 * The records of `source` named by `indices`, in that order, e.g. one fold of a cross-validation.
 * @throws HebbError `range` for an index outside the source.
 */
export function subset<T, B>(source: BatchDataset<T, B>, indices: Int32Array): BatchSubset<T, B>;
export function subset<T>(source: Dataset<T>, indices: Int32Array): Subset<T>;
export function subset<T, B>(source: Dataset<T> | BatchDataset<T, B>, indices: Int32Array): Subset<T> {
  return isBatchDataset<T, B>(source) ? new BatchSubset(source, indices) : new Subset(source, indices);
}
