import { compile, scope } from 'hebb';
import type { Workload } from '../workload.js';

const STEPS = 10;

/** The most memory, in megabytes, that a process has held after some compiled training steps. */
export function peakMemory(workload: Workload): number {
  const step = compile(workload.prepare());
  for (let i = 0; i < STEPS; i++) scope(() => void step.runSync());
  return process.resourceUsage().maxRSS / 1e3;
}
