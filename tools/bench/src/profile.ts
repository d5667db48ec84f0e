import { evaluator, type Op, PassThrough, scope, showShape, type Tensor, withReader } from 'hebb';
import type { Workload } from './workload.js';

const WARM_UPS = 3;

interface Entry {
  calls: number;
  ms: number;
}

/** The evaluator with a clock: tapes work through it as through any reader. */
class TimingReader extends PassThrough {
  readonly entries = new Map<string, Entry>();
  total = 0;

  constructor() {
    super(evaluator);
  }

  override apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    const began = performance.now();
    const outputs = evaluator.apply(op, inputs, attributes);
    const ms = performance.now() - began;
    const key = `${op.name} ${inputs.map(({ shape }) => showShape(shape)).join(' ')}`;
    const entry = this.entries.get(key) ?? { calls: 0, ms: 0 };
    entry.calls++;
    entry.ms += ms;
    this.entries.set(key, entry);
    this.total += ms;
    return outputs;
  }
}

/** Runs a workload for some seconds and returns a table of its ops by time: per run, calls and milliseconds. */
export function profile(workload: Workload, seconds: number, most = 40): string {
  const run = workload.prepare();
  for (let i = 0; i < WARM_UPS; i++) scope(() => void run());
  const reader = new TimingReader();
  const began = performance.now();
  let runs = 0;
  while (runs === 0 || performance.now() - began < seconds * 1000) {
    withReader(reader, () => scope(() => void run()));
    runs++;
  }
  const wall = (performance.now() - began) / runs;
  const inOps = reader.total / runs;
  const rows = [...reader.entries].sort(([, a], [, b]) => b.ms - a.ms);
  const line = (ms: number, calls: string, what: string) =>
    `${ms.toFixed(4).padStart(10)} ms ${((100 * ms) / wall).toFixed(1).padStart(5)} % ${calls.padStart(6)}  ${what}`;
  return [
    `${workload.name}: ${wall.toFixed(4)} ms a run over ${runs} runs`,
    ...rows.slice(0, most).map(([key, { calls, ms }]) => line(ms / runs, `${Number((calls / runs).toFixed(1))} ×`, key)),
    ...(rows.length > most ? [line(rows.slice(most).reduce((sum, [, { ms }]) => sum + ms, 0) / runs, '', 'other ops')] : []),
    line(wall - inOps, '', 'outside of ops: layers, tape, optimizer, scopes, and this clock'),
  ].join('\n');
}
