import { monitorEventLoopDelay } from 'node:perf_hooks';
import { compile } from 'hebb';
import type { Workload } from '../workload.js';

const WARM_UP = 3;
const STEPS = 20;

/** The longest pause of the event loop, in milliseconds, while a compiled training step runs again and again. */
export async function longestPause(workload: Workload): Promise<number> {
  const step = compile(workload.prepare());
  for (let i = 0; i < WARM_UP; i++) (await step()).dispose();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (let i = 0; i < STEPS; i++) {
    const loss = await step();
    await loss.item();
    loss.dispose();
  }
  delay.disable();
  return delay.max / 1e6;
}
