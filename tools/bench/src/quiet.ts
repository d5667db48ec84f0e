import { cpus } from 'node:os';

/** Share of the processors' time that may go to others before a measurement is not worth taking. */
const BUSY = 0.12;
const SAMPLE_MS = 250;
const LONGEST_WAIT_MS = 60_000;
const MOST_TRIES = 3;

/**
 * Measures when nothing else computes, and again (three times at most) when something else does right after: threads that wait for
 * each other at every step run ten times slower when one of them has to share its core. Keeps the last figure if it never is quiet.
 */
export async function undisturbed<T>(measure: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await silence();
    const result = await measure();
    if (attempt === MOST_TRIES || (await busy()) <= BUSY) return result;
  }
}

async function silence(): Promise<void> {
  const end = performance.now() + LONGEST_WAIT_MS;
  while (performance.now() < end && (await busy()) > BUSY);
}

/** The share of time in which the processors computed, over a short while in which this process does not. */
async function busy(): Promise<number> {
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  const after = ticks();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

function ticks(): { all: number; idle: number } {
  let [all, idle] = [0, 0];
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { all, idle };
}
