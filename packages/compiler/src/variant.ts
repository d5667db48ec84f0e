import { backend, type Cell, HebbError, type HostEffect, scope, type Tensor, variableMoves, withReader } from '@hebb/tensor';
import { Executable } from './executable.js';
import type { Run } from './run.js';
import { type Structure, structureOf } from './structure.js';
import { Tracer } from './tracer.js';

/** Runs that take less, in milliseconds, run at once: handing them to another thread would cost more than it gives. */
const QUICK_MS = 4;

/** How to take back what the host did before a run. */
type Undo = () => void;

/** One trace of a function: what it was traced for, and the program that came of it. */
export class Variant {
  readonly executable: Executable;
  private readonly effects: readonly HostEffect[];
  private readonly states: readonly { read: () => unknown; value: unknown }[];
  private readonly output: Structure;
  /** Variables that must be where they were. */
  private readonly placed: readonly Cell[];
  /** Moves of variables when they were last found there. */
  private moves = 0;
  private readonly times: number | undefined;
  /** Milliseconds that the last run took; the first runs at once, as the trace before it did. */
  private took = 0;

  /** @param times runs that one call makes, over arguments [times, ...]; undefined for one, without that axis */
  constructor(fn: (...args: never) => unknown, input: Structure, times: number | undefined) {
    const tracer = new Tracer();
    this.times = times;
    const { graph, output } = scope(() => {
      const parameters = input.tensors.map(({ dtype, shape, device }) =>
        tracer.parameter(dtype, times === undefined ? shape : shape.slice(1), device),
      );
      const result = withReader(tracer, () => fn(...(input.rebuild(parameters) as never)));
      if (result instanceof Promise)
        throw new HebbError('argument', 'compile: the function returned a promise; a step must be synchronous.');
      const output = structureOf(result, 'results');
      return { graph: tracer.finish(output.tensors), output };
    });
    this.executable = new Executable(graph, backend());
    this.effects = tracer.effects;
    this.placed = [...graph.variables.values()].filter(({ follows }) => !follows);
    this.moves = variableMoves();
    this.states = tracer.states;
    this.output = output;
  }

  /** Whether what the trace depends on is as it was. */
  get valid(): boolean {
    return this.inPlace && this.states.every(({ read, value }) => Object.is(read(), value));
  }

  /** Whether the variables are on the device of the trace. */
  get inPlace(): boolean {
    if (this.moves === variableMoves()) return true;
    const { device } = this.executable.graph;
    if (!this.placed.every((cell) => cell.device === device)) return false;
    this.moves = variableMoves();
    return true;
  }

  /**
   * Runs at once; the results belong to the current scope. Adds the milliseconds of each command to `spent`, and how to take back what the
   * host did to `undo`.
   */
  runSync(parameters: readonly Tensor[], spent?: Float64Array, undo?: Undo[]): unknown {
    // A run in flight that fails takes back what the host did before it.
    this.executable.target.drain();
    return this.output.rebuild(this.replay(parameters, spent, undo).results());
  }

  /** Runs beside JavaScript, unless handing it over would take longer; the results belong to no scope. */
  async run(parameters: readonly Tensor[]): Promise<unknown> {
    const start = performance.now();
    const elapsed = (): number => performance.now() - start;
    let run: Run;
    if (this.took < QUICK_MS && this.executable.target.inFlight() === 0) {
      run = this.replay(parameters);
      this.took = elapsed();
      // Out of the caller's scope.
      await undefined;
    } else {
      run = await this.begin(parameters);
      this.took = elapsed();
    }
    return this.output.rebuild(run.results());
  }

  private replay(parameters: readonly Tensor[], spent?: Float64Array, kept?: Undo[]): Run {
    const { run, undo } = this.bind(parameters);
    try {
      this.executable.run(run, spent);
    } catch (error) {
      takeBack(undo, error);
      throw error;
    }
    kept?.push(...undo.flat());
    return run;
  }

  private async begin(parameters: readonly Tensor[]): Promise<Run> {
    // First: a run in flight that fails takes back what the host did before it.
    this.executable.target.makeRoom();
    const { run, undo } = this.bind(parameters);
    await this.executable.begin(run, (error) => takeBack(undo, error));
    return run;
  }

  /** Gathers the memory of the runs of one call, each after what the host does before it. */
  private bind(parameters: readonly Tensor[]): { run: Run; undo: readonly Undo[][] } {
    const run = this.executable.prepare(this.times);
    const undo: Undo[][] = [];
    try {
      for (let time = 0; time < (this.times ?? 1); time++) {
        const done: Undo[] = [];
        undo.push(done);
        for (const effect of this.effects) done.push(effect());
        this.executable.refresh();
        run.bind(parameters);
      }
    } catch (error) {
      run.abandon();
      takeBack(undo, error);
      throw error;
    }
    return { run, undo };
  }
}

/** Takes back what the host did before the run that failed and those after it: the ones before it have happened. */
function takeBack(undo: readonly Undo[][], error: unknown): void {
  const cause = (error as { cause?: { time?: number; cause?: { time?: number } } }).cause;
  const time = cause?.time ?? cause?.cause?.time ?? 0;
  for (const done of undo.slice(Math.max(0, time)).reverse()) for (const back of done.reverse()) back();
}
