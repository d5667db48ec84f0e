import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LookAhead } from './ahead.js';

let log: string[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => {
  log = [];
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Numbers from 0, of which one may fail. */
async function* numbers(count: number, broken = -1) {
  try {
    for (let i = 0; i < count; i++) {
      log.push(`make ${i}`);
      if (i === broken) throw new Error(`${i} is broken`);
      await new Promise((resolve) => setImmediate(resolve));
      yield i;
    }
  } finally {
    log.push('closed');
  }
}

const taken = (source: AsyncIterable<number>, { enabled = true, refused = -1 } = {}) =>
  new LookAhead(source, {
    prepare: (value) => {
      if (value === refused) throw new Error(`${value} is refused`);
      return { value };
    },
    discard: ({ value }) => void log.push(`discard ${value}`),
    enabled,
  });

async function loop(batches: ReturnType<typeof taken>, use: (value: number) => void = () => {}): Promise<void> {
  for await (const { batch, ahead } of batches) {
    await ahead?.();
    log.push(`use ${batch.value}`);
    use(batch.value);
  }
}

describe('LookAhead', () => {
  it('takes one batch before the loop comes to it, and no more', async () => {
    await loop(taken(numbers(3)));
    expect(log).toEqual(['make 0', 'make 1', 'use 0', 'make 2', 'use 1', 'closed', 'use 2']);
  });

  it('takes each in its turn when it is not enabled, or not asked', async () => {
    const inTurn = ['make 0', 'use 0', 'make 1', 'use 1', 'closed'];
    await loop(taken(numbers(2), { enabled: false }));
    expect(log.splice(0)).toEqual(inTurn);
    for await (const { batch } of taken(numbers(2))) log.push(`use ${batch.value}`);
    expect(log).toEqual(inTurn);
  });

  it('takes one batch, however often it is asked for it', async () => {
    for await (const { batch, ahead } of taken(numbers(3))) {
      await Promise.all([ahead?.(), ahead?.()]);
      await ahead?.();
      log.push(`use ${batch.value}`);
    }
    expect(log).toEqual(['make 0', 'make 1', 'use 0', 'make 2', 'use 1', 'closed', 'use 2']);
  });

  it('throws what is wrong with a batch when its turn comes', async () => {
    await expect(loop(taken(numbers(3, 1)))).rejects.toThrow('1 is broken');
    expect(log.splice(0)).toEqual(['make 0', 'make 1', 'closed', 'use 0']);
    await expect(loop(taken(numbers(3), { refused: 1 }))).rejects.toThrow('1 is refused');
    expect(log).toEqual(['make 0', 'make 1', 'closed', 'use 0']);
  });

  it('gives up the batch ahead and closes the source when the loop ends early', async () => {
    const stop = () => {
      throw new Error('stop');
    };
    await expect(loop(taken(numbers(5)), stop)).rejects.toThrow('stop');
    expect(log.splice(0)).toEqual(['make 0', 'make 1', 'use 0', 'discard 1', 'closed']);
    for await (const { ahead } of taken(numbers(5))) {
      ahead?.(); // not there yet
      break;
    }
    expect(log.splice(0)).toEqual(['make 0', 'make 1', 'discard 1', 'closed']);
    for await (const { ahead } of taken(numbers(5, 1))) {
      ahead?.();
      break; // nobody is told of what is wrong with a batch that nobody wants
    }
    expect(log).toEqual(['make 0', 'make 1', 'closed']);
  });
});
