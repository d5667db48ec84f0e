import { type ProgramCommand, scope, type Tensor } from '@hebb/tensor';
import type { Lowered } from './lower.js';
import type { Variant } from './variant.js';

/** Runs that make primitives, touch new memory and let V8 optimise; then those that count. As many as take this long, within limits. */
const MEASURED_MS = 50;
const LEAST_RUNS = 5;
const MOST_RUNS = 2000;

/** Where the time of a compiled step goes. Times are milliseconds of one run, means over several. */
export interface StepProfile {
  readonly runs: number;
  /** One run, from call to result. */
  readonly ms: number;
  /** What runs spend outside of kernels. */
  readonly outsideMs: number;
  /** Kernels of one op on one set of shapes, the most expensive first. */
  readonly ops: readonly OpTime[];
  /** A table of all this. */
  toString(): string;
}

export interface OpTime {
  readonly op: string;
  /** dtype and shapes as the kernel sees them: "float32 [1, 32, 4] [1, 4, 2] → [1, 32, 2]". */
  readonly form: string;
  /** Times that a run calls it. */
  readonly calls: number;
  readonly ms: number;
  /** Lines of the program that it comes from. */
  readonly where: readonly string[];
}

/** Runs a variant a few times, as calls would, and measures its kernels. */
export function profileOf(variant: Variant, parameters: readonly Tensor[]): StepProfile {
  const { lowered, target } = variant.executable;
  const spent = new Float64Array(lowered.program.commands.length);
  const repeat = (): { runs: number; ms: number } => {
    const start = performance.now();
    let runs = 0;
    while (runs < LEAST_RUNS || (runs < MOST_RUNS && performance.now() - start < MEASURED_MS)) {
      scope(() => void variant.runSync(parameters, spent));
      runs++;
    }
    return { runs, ms: (performance.now() - start) / runs };
  };
  repeat();
  spent.fill(0);
  const { runs, ms } = repeat();
  const ops = grouped(
    lowered,
    target.kernels,
    spent.map((total) => total / runs),
  );
  const inside = total(ops);
  const profile = { runs, ms, outsideMs: Math.max(0, ms - inside), ops };
  return { ...profile, toString: () => table(profile) };
}

function grouped({ program, where }: Lowered, kernels: readonly string[], spent: Float64Array): OpTime[] {
  const groups = new Map<string, { op: string; form: string; calls: number; ms: number; where: Set<string> }>();
  program.commands.forEach((command, i) => {
    const [op, form] = [kernels[command.kernel], formOf(command)];
    const group = groups.get(`${op} ${form}`) ?? { op, form, calls: 0, ms: 0, where: new Set<string>() };
    groups.set(`${op} ${form}`, group);
    group.calls++;
    group.ms += spent[i];
    group.where.add(where[i]);
  });
  return [...groups.values()].sort((a, b) => b.ms - a.ms).map((group) => ({ ...group, where: [...group.where] }));
}

function formOf({ inputs, outputs }: ProgramCommand): string {
  const shapes = (operands: ProgramCommand['inputs']): string => operands.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
  return `${(outputs[0] ?? inputs[0])?.dtype ?? ''} ${shapes(inputs)} → ${shapes(outputs)}`;
}

/** Rows of shapes beyond these are summed up in the last. */
const ROWS = 30;
/** Operands of a row beyond these are counted. */
const OPERANDS = 6;

function table({ ms, outsideMs, ops, runs }: Omit<StepProfile, 'toString'>): string {
  const row = (time: number, calls: string, text: string): string =>
    `${time.toFixed(time < 0.1 ? 5 : 3).padStart(10)} ${`${((100 * time) / ms).toFixed(1)} %`.padStart(8)} ${calls.padStart(6)}  ${text}`;
  const heading = (text: string): string => `${'ms'.padStart(10)} ${'share'.padStart(8)} ${'calls'.padStart(6)}  ${text}`;
  const rest = ops.slice(ROWS);
  return [
    `${ms.toFixed(ms < 0.1 ? 5 : 3)} ms a run, mean of ${runs}`,
    heading('op, with shapes'),
    ...ops
      .slice(0, ROWS)
      .map(({ op, form, calls, ms, where }) => row(ms, String(calls), `${op} ${shortened(form)}   // ${where.join(', ')}`)),
    ...(rest.length > 0 ? [row(total(rest), '', `${rest.length} more`)] : []),
    heading('op, of all shapes'),
    ...totals(ops).map(({ op, calls, ms }) => row(ms, String(calls), op)),
    row(outsideMs, '', 'outside of ops'),
  ].join('\n');
}

function total(ops: readonly OpTime[]): number {
  return ops.reduce((sum, { ms }) => sum + ms, 0);
}

function totals(ops: readonly OpTime[]): { op: string; calls: number; ms: number }[] {
  const forms = new Map<string, OpTime[]>();
  for (const time of ops) forms.set(time.op, [...(forms.get(time.op) ?? []), time]);
  return [...forms]
    .map(([op, times]) => ({ op, calls: times.reduce((sum, { calls }) => sum + calls, 0), ms: total(times) }))
    .sort((a, b) => b.ms - a.ms);
}

/** An update of all parameters has hundreds of operands. */
function shortened(form: string): string {
  return form
    .split(' → ')
    .map((side) => {
      const shapes = side.match(/\[[^\]]*\]/g) ?? [];
      if (shapes.length <= OPERANDS) return side;
      return `${side.slice(0, side.indexOf(']') + 1)} … of ${shapes.length} operands`;
    })
    .join(' → ');
}
