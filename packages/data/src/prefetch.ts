/** A batch in the making: it starts in the event loop's next turn, or earlier when somebody asks for it. */
class Job<B> {
  #promise: Promise<B> | undefined;
  readonly #timer: NodeJS.Immediate;

  constructor(private readonly work: () => B | Promise<B>) {
    // Deferred, so that the caller's native step can start first and run meanwhile.
    this.#timer = setImmediate(() => this.result());
  }

  result(): Promise<B> {
    if (this.#promise === undefined) {
      clearImmediate(this.#timer);
      const { work } = this;
      this.#promise = (async () => work())();
      this.#promise.catch(() => undefined); // whoever takes the batch gets the error; until then it is not "unhandled"
    }
    return this.#promise;
  }

  /** Gives up the batch: a job that has started hands its batch to `discard`, one that has not never starts. */
  cancel(discard: (batch: B) => void): void {
    clearImmediate(this.#timer);
    this.#promise?.then(discard, () => undefined);
  }
}

/**
 * Yields `work(0)`, `work(1)`, … in order while up to `ahead` later ones are in the making. With `ahead` = 0 each is made
 * when it is asked for. Batches made but not taken, because the consumer left the loop, are given to `discard`.
 */
export async function* prefetch<B>(
  count: number,
  ahead: number,
  work: (index: number) => B | Promise<B>,
  discard: (batch: B) => void,
): AsyncGenerator<B, void, undefined> {
  const jobs: Job<B>[] = [];
  let next = 0;
  const fill = (limit: number): void => {
    for (; jobs.length < limit && next < count; next += 1) {
      const index = next;
      jobs.push(new Job(() => work(index)));
    }
  };
  try {
    fill(1);
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const result = job.result();
      fill(ahead);
      yield await result;
      fill(1);
    }
  } finally {
    for (const job of jobs) job.cancel(discard);
  }
}
