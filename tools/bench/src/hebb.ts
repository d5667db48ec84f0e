import { fileURLToPath } from 'node:url';
import { HebbError } from 'hebb';
import type { Options } from './options.js';
import { lastWords, runProcess } from './processes.js';
import { median } from './timing.js';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));
const FIRST_STEP = fileURLToPath(new URL('extra/firstStep.js', import.meta.url));

/** Times of `start`: one to warm the disk, then these. */
const STARTS = 7;

/** The median time of a workload in milliseconds, or the figure of `memory`, measured in a process of its own. */
export async function measureHebb(
  name: string,
  { seconds, threads, compile, bf16 }: Pick<Options, 'seconds' | 'threads' | 'compile' | 'bf16'>,
): Promise<number> {
  const env = { HEBB_NUM_THREADS: String(threads) };
  const how = [compile ? 'compile' : 'eager', ...(bf16 ? ['bf16'] : [])];
  const output = await runProcess(process.execPath, [CHILD, name, String(seconds), ...how], env);
  const value = output.status === 0 ? Number(output.stdout) : NaN;
  if (!Number.isFinite(value)) throw new HebbError('internal', `bench: ${name} failed: ${lastWords(output)}`);
  return value;
}

/** Milliseconds from the start of a process to the end of its first training step: the median of several. */
export async function measureStart(threads: number): Promise<{ ms: number; low: number; high: number }> {
  const times: number[] = [];
  for (let i = 0; i <= STARTS; i++) {
    const output = await runProcess(process.execPath, [FIRST_STEP], { HEBB_NUM_THREADS: String(threads) });
    if (output.status !== 0) throw new HebbError('internal', `bench: start failed: ${lastWords(output)}`);
    if (i > 0) times.push(output.firstOutput);
  }
  return { ms: median(times), low: Math.min(...times), high: Math.max(...times) };
}
