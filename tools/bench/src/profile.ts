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
  const rows = [...reader.entries];
  const table = (entries: readonly [string, Entry][]) => tableOf(entries, { runs, wall, most });
  return [
    `${workload.name}: ${wall.toFixed(4)} ms a run over ${runs} runs`,
    'By op',
    ...table(byOp(rows)),
    lineOf(wall - reader.total / runs, wall, '', 'outside of ops: layers, tape, optimizer, scopes, and this clock'),
    'By op and shapes of its operands',
    ...table(rows),
  ].join('\n');
}

/** Entries whose key begins with the same op, added up. */
function byOp(entries: readonly [string, Entry][]): [string, Entry][] {
  const sums = new Map<string, Entry>();
  for (const [key, { calls, ms }] of entries) {
    const op = key.split(' ')[0];
    const sum = sums.get(op) ?? { calls: 0, ms: 0 };
    sums.set(op, { calls: sum.calls + calls, ms: sum.ms + ms });
  }
  return [...sums];
}

function tableOf(
  entries: readonly [string, Entry][],
  { runs, wall, most }: { runs: number; wall: number; most: number },
): string[] {
  const rows = [...entries].sort(([, a], [, b]) => b.ms - a.ms);
  const rest = rows.slice(most).reduce((sum, [, { ms }]) => sum + ms, 0);
  const lines = rows
    .slice(0, most)
    .map(([key, { calls, ms }]) => lineOf(ms / runs, wall, `${Number((calls / runs).toFixed(1))} ×`, key));
  return rows.length > most ? [...lines, lineOf(rest / runs, wall, '', 'the rest')] : lines;
}

function lineOf(ms: number, wall: number, calls: string, what: string): string {
  return `${ms.toFixed(4).padStart(10)} ms ${((100 * ms) / wall).toFixed(1).padStart(5)} % ${calls.padStart(6)}  ${what}`;
}
