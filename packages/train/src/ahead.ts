/** A batch, and how to have the next one while this one is in use. */
export interface Taken<B> {
  readonly batch: B;
  /**
   * Takes the next batch now; resolves when it is there, or not to be had: what is wrong with it is thrown once the loop comes to it.
   * Undefined where each batch is to be taken when the loop comes to it.
   */
  readonly ahead: (() => Promise<void>) | undefined;
}

export interface LookAheadOptions<S, B> {
  /** Makes what the loop is given of what the source gave. */
  readonly prepare: (batch: S) => B;
  /** Frees a batch that was taken ahead and that the loop, left early, did not come to. */
  readonly discard: (batch: B) => void;
  /** Whether batches may be taken ahead. */
  readonly enabled: boolean;
}

type Result<B> = IteratorResult<Taken<B>, undefined>;

/** The batches of a source, of which a `for await` can take one before it comes to it. No generator: steps of microseconds would feel it. */
export class LookAhead<S, B> implements AsyncIterableIterator<Taken<B>, undefined> {
  private readonly source: AsyncIterator<S>;
  private readonly options: LookAheadOptions<S, B>;
  private readonly ahead: (() => Promise<void>) | undefined;
  private pending: Promise<Result<B>> | undefined;

  constructor(source: AsyncIterable<S>, options: LookAheadOptions<S, B>) {
    this.source = source[Symbol.asyncIterator]();
    this.options = options;
    if (!options.enabled) return;
    this.ahead = async () => {
      this.pending ??= this.take();
      await this.pending.catch(() => undefined);
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<B>> {
    const { pending } = this;
    this.pending = undefined;
    return pending ?? this.take();
  }

  /** Called when the loop is left early. */
  async return(): Promise<Result<B>> {
    const left = await this.pending?.catch(() => undefined);
    if (left?.value) this.options.discard(left.value.batch);
    await this.source.return?.();
    return { done: true, value: undefined };
  }

  private async take(): Promise<Result<B>> {
    const { done, value } = await this.source.next();
    if (done) return { done, value: undefined };
    try {
      return { value: { batch: this.options.prepare(value), ahead: this.ahead } };
    } catch (error) {
      // A loop does not close an iterator that fails, and this one fails where its source did not.
      await this.source.return?.();
      throw error;
    }
  }
}
