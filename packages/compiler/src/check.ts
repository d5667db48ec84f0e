import { evaluator, HebbError, PassThrough, type Reader, scope, type Tensor, tensorsIn, withReader } from '@hebb/tensor';
import type { Graph } from './graph.js';
import { printGraph } from './print.js';
import { structureOf } from './structure.js';
import { Tracer } from './tracer.js';
import { Variant } from './variant.js';

/** Runs compared with eager ones. */
const STEPS = 3;
/** Fusion and in-place updates keep float32 results within these. */
const RTOL = 1e-4;
const ATOL = 1e-5;

/** Runs eagerly and remembers how to take the host's effects back. */
class Undoing extends PassThrough {
  private readonly undo: (() => void)[];

  constructor(below: Reader, undo: (() => void)[]) {
    super(below);
    this.undo = undo;
  }

  override onRun(effect: () => () => void): void {
    this.undo.push(effect());
  }
}

/**
 * Looks for the mistakes that compiling can hide. Traces `fn` again and again and compares: a number, a branch or a tensor that differs between two
 * calls would be frozen. Then runs a few compiled and eager steps from the same state and compares their results; of a function that returns
 * nothing, what it leaves in its variables. Variables, and what the host counts, are put back.
 *
 * @returns the largest difference of a compiled result from the eager one
 * @throws HebbError `state` naming the first line that differs, or the result.
 */
export function check<A extends readonly unknown[]>(fn: (...args: A) => unknown, ...args: A): number {
  // Layers and slots are made in the first trace, which would differ from the others by that.
  scope(() => void graphOf(fn, args));
  const graph = scope(() => graphOf(fn, args));
  scope(() => compareTraces(graph, graphOf(fn, args)));
  const cells = [...new Set([...graph.variables.values()])];
  return scope(() => {
    const saved = cells.map((cell) => evaluator.read(cell));
    const restore = (): void => cells.forEach((cell, i) => void cell.store(saved[i]));
    // Each step tells how to take back what it did on the host.
    const run = (step: (undo: (() => void)[]) => unknown): Tensor[] => {
      const undo: (() => void)[] = [];
      try {
        const results = Array.from({ length: STEPS }, () => tensorsIn(step(undo)) as Tensor[]).flat();
        return results.length > 0 ? results : cells.map((cell) => evaluator.read(cell));
      } finally {
        for (const takeBack of undo.reverse()) takeBack();
        restore();
      }
    };
    const eager = run((undo) => withReader(new Undoing(evaluator, undo), () => fn(...args)));
    const input = structureOf(args, 'arguments');
    const compiled = new Variant(fn, input, undefined);
    return compareResults(
      eager,
      run((undo) => compiled.runSync(input.tensors, undefined, undo)),
    );
  });
}

function graphOf<A extends readonly unknown[]>(fn: (...args: A) => unknown, args: A): Graph {
  const tracer = new Tracer();
  const input = structureOf(args, 'arguments');
  const parameters = input.tensors.map(({ dtype, shape, device }) => tracer.parameter(dtype, shape, device));
  const result = withReader(tracer, () => fn(...(input.rebuild(parameters) as A)));
  return tracer.finish(structureOf(result, 'results').tensors);
}

function compareTraces(first: Graph, second: Graph): void {
  const [a, b] = [printGraph(first).split('\n'), printGraph(second).split('\n')];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    throw frozen(`they differ from here on:\n  ${a[i] ?? '(nothing)'}\n  ${b[i] ?? '(nothing)'}`);
  }
  const constants = [...second.constants];
  [...first.constants].forEach(([value, cell], i) => {
    const [one, other] = [cell.peek().dataSync(), constants[i][1].peek().dataSync()];
    if (one.some((number: number | bigint, k: number) => !Object.is(number, other[k]))) {
      const user = first.nodes.find(({ inputs }) => inputs.includes(value));
      throw frozen(
        `a constant is ${one[0]} in one and ${other[0]} in the other, in ${user?.op.name ?? 'a result'} from ${user?.where ?? 'the step'}`,
      );
    }
  });
}

function frozen(difference: string): HebbError {
  return new HebbError(
    'state',
    `compile.check: two traces of the function are not the same, so that a compiled step would go on with the first: ${difference}. ` +
      'Pass what changes as an argument, or keep it in a Variable.',
  );
}

function compareResults(eager: readonly Tensor[], compiled: readonly Tensor[]): number {
  let worst = 0;
  eager.forEach((tensor, which) => {
    const [expected, found] = [tensor.dataSync(), compiled[which].dataSync()];
    expected.forEach((value: number | bigint, i: number) => {
      const [a, b] = [Number(value), Number(found[i])];
      if (Object.is(a, b)) return;
      const difference = Math.abs(a - b);
      if (!(difference <= ATOL + RTOL * Math.abs(a))) {
        throw new HebbError(
          'state',
          `compile.check: tensor ${which} of the results, or of the variables where there are none, element ${i}: eager ${a}, compiled ${b}. Please report it, with the step.`,
        );
      }
      worst = Math.max(worst, difference);
    });
  });
  return worst;
}
