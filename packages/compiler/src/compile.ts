import { currentReader, evaluator, HebbError } from '@hebb/tensor';
import { check } from './check.js';
import { graphToDot } from './print.js';
import { profileOf, type StepProfile } from './profile.js';
import { type Structure, structureOf } from './structure.js';
import { checkStacked, checkUnroll, runUnrolled } from './unroll.js';
import { Variant } from './variant.js';

/** A compiled function. */
export interface Step<A extends readonly unknown[], R> {
  /**
   * Runs the step beside JavaScript, which goes on meanwhile: timers, requests, the next batch. Steps keep their order, and ops and reads
   * that need what a step in flight writes wait for it. At most 8 are in flight; another call waits for the first of them. After a step
   * that fails, those begun behind it do not run and fail too. The first step, and steps of less than 4 ms, run at once. The results belong to no
   * scope: they are freed with `dispose()`, or once they are not referenced any more.
   */
  (...args: A): Promise<R>;
  /** Runs the step at once, on the calling thread; the results belong to the current scope. */
  runSync(...args: A): R;
  /** Runs the step as calls would, five times or for 50 ms, and as often again; tells where the time of the second half went. */
  profile(...args: A): StepProfile;
  /** The graph of the last trace, after all passes, in the DOT language of Graphviz; {@link dotToSvg} makes a picture of it. */
  dot(): string;
  /** The graph before and after each pass, the memory, and the reason of every trace. */
  explain(): string;
}

export interface CompileOptions {
  /** Runs that one call makes, over stacked arguments. */
  unroll?: number;
}

/** Traces that one function may need: more of them are a mistake, such as a new shape every time. */
const MOST_VARIANTS = 64;

/** How many calls of `compile.disabled` have not ended. */
let disabled = 0;

/** One trace, and why it was made. */
interface Trace {
  readonly variant: Variant;
  readonly reason: string;
}

/**
 * Turns a function of tensors into one native call. The first call traces the function: it runs once, on tensors without values, and
 * every op, variable and gradient in it becomes part of a graph, which is optimised, given its memory and replayed from then on.
 *
 * A call with another form of arguments, other shapes or dtypes, another device, or another training mode is traced anew. Whatever else the function
 * reads from the program around it is what it was while tracing: numbers, branches, loops. Random numbers, learning rates and step
 * counts are kept in variables and move on.
 *
 * Under a tape, or while another function is compiled, it is run as written, as a part of what is differentiated or compiled.
 *
 * A step that fails (a label outside of its classes, say) leaves all variables as they were. Results never share memory with the
 * program.
 *
 * @param fn takes and returns tensors in any nesting of arrays, Maps and plain objects; may read and assign Variables
 * @param options.unroll runs that one call makes in the engine, one after the other: every argument is [unroll, ...] and every result too, a
 * part for each run. Worth it for steps of microseconds. A run that fails leaves what the runs before it did. Default: one, without that axis
 * @throws HebbError from a call: `state` when `fn` reads a value (`item()`, `data()`) while it is traced, `argument` for arguments or
 * results that are no tensors, and what the ops in it throw.
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, { unroll }: CompileOptions = {}): Step<A, R> {
  checkUnroll(unroll);
  const variants = new Map<string, Variant[]>();
  const traces: Trace[] = [];

  const variantFor = (input: Structure): Variant => {
    const known = variants.get(input.key)?.find(({ valid }) => valid);
    if (known) return known;
    const reason = reasonFor(input, variants);
    if (traces.length >= MOST_VARIANTS) throw tooManyVariants([...traces.map((trace) => trace.reason), reason]);
    const variant = new Variant(fn, input, unroll);
    variants.set(input.key, [...(variants.get(input.key) ?? []), variant]);
    traces.push({ variant, reason });
    return variant;
  };
  const inputOf = (args: A): Structure => {
    const input = structureOf(args, 'arguments');
    if (unroll !== undefined) checkStacked(input, unroll);
    return input;
  };

  // Compiled it would be a constant to whoever watches.
  const watched = (): boolean => disabled > 0 || currentReader() !== evaluator;
  const asWritten = (args: A): R => (unroll === undefined ? fn(...args) : runUnrolled(fn, args, unroll)) as R;

  const runSync = (...args: A): R => {
    if (watched()) return asWritten(args);
    const input = inputOf(args);
    return variantFor(input).runSync(input.tensors) as R;
  };
  const step = async (...args: A): Promise<R> => {
    if (watched()) return asWritten(args);
    const input = inputOf(args);
    return variantFor(input).run(input.tensors) as Promise<R>;
  };
  const profile = (...args: A): StepProfile => {
    const input = inputOf(args);
    return profileOf(variantFor(input), input.tensors);
  };
  const explain = (): string => describe(traces);
  const dot = (): string => {
    const last = traces.at(-1);
    if (!last) throw new HebbError('state', 'dot: the step was not traced yet; call it first.');
    return graphToDot(last.variant.executable.graph);
  };
  return Object.assign(step, { runSync, profile, dot, explain });
}

/**
 * Runs `fn` with all compiled functions as they were written: eagerly, with the same results. Where it returns a promise, until that is settled:
 * other calls meanwhile are eager too.
 */
compile.disabled = <T>(fn: () => T): T => {
  disabled++;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    disabled--;
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => void disabled--) as T;
  disabled--;
  return result;
};

/**
 * Looks for mistakes that compiling can hide: see {@link check}. Variables are as they were afterwards.
 * @returns the largest difference of a compiled result from the eager one
 */
compile.check = <A extends readonly unknown[]>(fn: (...args: A) => unknown, ...args: A): number => check(fn, ...args);

function reasonFor(input: Structure, variants: ReadonlyMap<string, Variant[]>): string {
  if (variants.size === 0) return `first call: ${input.key}`;
  const known = variants.get(input.key);
  if (known)
    return known.some(({ inPlace }) => inPlace)
      ? 'the training mode or another setting changed'
      : 'a variable moved to another device';
  return `new arguments: ${input.key}`;
}

function tooManyVariants(reasons: readonly string[]): HebbError {
  const last = reasons.slice(-3).join('; ');
  return new HebbError(
    'state',
    `compile: the function was traced ${reasons.length} times; pad inputs to a few shapes. The last reasons: ${last}.`,
  );
}

function describe(traces: readonly Trace[]): string {
  const parts = traces.map(({ variant, reason }, i) => {
    const { stages, lowered, fusions } = variant.executable;
    const { program, plan } = lowered;
    const where = program.device === 'cpu' ? '' : ` on ${program.device}`;
    const memory = `arena ${program.arenaBytes} bytes${where}, ${program.commands.length} commands, ${plan.overwritten} computed in place, ${plan.copies.length} copied to variables at the end`;
    return [
      `trace ${i + 1}: ${reason}`,
      ...stages.map(({ name, text }) => `── ${name}\n${text}`),
      `── fusions\n${fusions.join('\n') || 'none'}`,
      `── memory\n${memory}`,
    ].join('\n');
  });
  return parts.join('\n\n');
}
