import { compile, scope } from 'hebb';
import { median } from '../timing.js';
import type { Workload } from '../workload.js';

const RUNS = 5;

/** Milliseconds that the first call of a compiled step takes beyond a later one: tracing, passes, plan, registering. */
export function compileTime(workload: Workload): number {
  const run = workload.prepare();
  scope(() => void run());
  const step = compile(run);
  const timed = (): number => {
    const began = performance.now();
    scope(() => void step.runSync());
    return performance.now() - began;
  };
  const first = timed();
  return first - median(Array.from({ length: RUNS }, timed));
}
