import { backend, HebbError, type HostEffect, scope, type Tensor, withReader } from '@hebb/tensor';
import { check } from './check.js';
import { Executable } from './executable.js';
import { type Structure, structureOf } from './structure.js';
import { Tracer } from './tracer.js';

/** One trace of a function: what it was traced for, and the program that came of it. */
interface Variant {
  readonly executable: Executable;
  readonly effects: readonly HostEffect[];
  readonly states: readonly { read: () => unknown; value: unknown }[];
  readonly output: Structure;
}

/** A compiled function. */
export interface Step<A extends readonly unknown[], R> {
  /** Runs the step. */
  (...args: A): Promise<R>;
  /** Runs the step at once. */
  runSync(...args: A): R;
  /** The graph before and after each pass, the memory, and the reason of every trace. */
  explain(): string;
}

/** Traces that one function may need: more of them are a mistake, such as a new shape every time. */
const MOST_VARIANTS = 64;

let disabled = false;

/**
 * Turns a function of tensors into one native call. The first call traces the function: it runs once, on tensors without values, and
 * every op, variable and gradient in it becomes part of a graph, which is optimised, given its memory and replayed from then on.
 *
 * A call with another form of arguments, other shapes or dtypes, or another training mode is traced anew. Whatever else the function
 * reads from the program around it is what it was while tracing: numbers, branches, loops. Random numbers, learning rates and step
 * counts are kept in variables and move on.
 *
 * A step that fails (a label outside of its classes, say) leaves all variables as they were. Results never share memory with the
 * program. Steps run on the calling thread.
 *
 * @param fn takes and returns tensors in any nesting of arrays, Maps and plain objects; may read and assign Variables
 * @throws HebbError from a call: `state` when `fn` reads a value (`item()`, `data()`) while it is traced, `argument` for arguments or
 * results that are no tensors, and what the ops in it throw.
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R): Step<A, R> {
  const variants = new Map<string, Variant[]>();
  const reasons: string[] = [];

  const find = (input: Structure): Variant | undefined =>
    variants.get(input.key)?.find(({ states }) => states.every(({ read, value }) => Object.is(read(), value)));

  const runSync = (...args: A): R => {
    if (disabled) return fn(...args);
    const input = structureOf(args, 'arguments');
    let variant = find(input);
    if (!variant) {
      reasons.push(reasonFor(input, variants));
      variant = trace(fn, input);
      variants.set(input.key, [...(variants.get(input.key) ?? []), variant]);
      if (reasons.length > MOST_VARIANTS) throw tooManyVariants(reasons);
    }
    return variant.output.rebuild(runVariant(variant, input)) as R;
  };

  const step = async (...args: A): Promise<R> => runSync(...args);
  const explain = (): string => describe([...variants.values()].flat(), reasons);
  return Object.assign(step, { runSync, explain });
}

/** Runs `fn` with all compiled functions as they were written: eagerly, with the same results. */
compile.disabled = <T>(fn: () => T): T => {
  const before = disabled;
  disabled = true;
  try {
    return fn();
  } finally {
    disabled = before;
  }
};

/**
 * Looks for mistakes that compiling can hide: see {@link check}. Variables are as they were afterwards.
 * @returns the largest difference of a compiled result from the eager one
 */
compile.check = <A extends readonly unknown[]>(fn: (...args: A) => unknown, ...args: A): number =>
  check(fn, compile(fn).runSync, ...args);

function trace<A extends readonly unknown[], R>(fn: (...args: A) => R, input: Structure): Variant {
  const tracer = new Tracer();
  return scope(() => {
    const parameters = input.tensors.map(({ dtype, shape }) => tracer.parameter(dtype, shape));
    const result = withReader(tracer, () => fn(...(input.rebuild(parameters) as A)));
    if (result instanceof Promise)
      throw new HebbError('argument', 'compile: the function returned a promise; a step must be synchronous.');
    const output = structureOf(result, 'results');
    const graph = tracer.finish(output.tensors);
    return { executable: new Executable(graph, backend()), effects: tracer.effects, states: tracer.states, output };
  });
}

/** A run that fails leaves the host's counts as they were, like the variables. */
function runVariant({ effects, executable }: Variant, input: Structure): readonly Tensor[] {
  const undo: (() => void)[] = [];
  try {
    for (const effect of effects) undo.push(effect());
    return executable.run(input.tensors);
  } catch (error) {
    for (const takeBack of undo.reverse()) takeBack();
    throw error;
  }
}

function reasonFor(input: Structure, variants: ReadonlyMap<string, Variant[]>): string {
  if (variants.size === 0) return `first call: ${input.key}`;
  if (variants.has(input.key)) return 'the training mode or another setting changed';
  return `new arguments: ${input.key}`;
}

function tooManyVariants(reasons: readonly string[]): HebbError {
  const last = reasons.slice(-3).join('; ');
  return new HebbError(
    'state',
    `compile: the function was traced ${reasons.length} times; pad inputs to a few shapes. The last reasons: ${last}.`,
  );
}

function describe(variants: readonly Variant[], reasons: readonly string[]): string {
  const parts = variants.map(({ executable: { stages, lowered, fusions } }, i) => {
    const { program, plan } = lowered;
    const memory = `arena ${program.arenaBytes} bytes, ${program.commands.length} commands, ${plan.overwritten} computed in place, ${plan.copies.length} copied to variables at the end`;
    return [
      `trace ${i + 1}: ${reasons[i]}`,
      ...stages.map(({ name, text }) => `── ${name}\n${text}`),
      `── fusions\n${fusions.join('\n') || 'none'}`,
      `── memory\n${memory}`,
    ].join('\n');
  });
  return parts.join('\n\n');
}
