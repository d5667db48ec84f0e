import { type Backend, HebbError, type Tensor } from '@hebb/tensor';
import type { Graph } from './graph.js';
import { type Lowered, lower } from './lower.js';
import { hoist } from './passes/hoist.js';
import { PASSES } from './passes/index.js';
import { Prepared } from './prepared.js';
import { fusionsOf, printGraph } from './print.js';
import { Run } from './run.js';

/** Frees a program when the step that had it is collected. */
const programs = new FinalizationRegistry<() => void>((release) => release());

/** A graph that was optimised, lowered and registered, ready to be replayed. */
export class Executable {
  readonly lowered: Lowered;
  /** The graph as traced, and after each pass. */
  readonly stages: readonly { readonly name: string; readonly text: string }[];
  /** After all passes. */
  readonly graph: Graph;
  /** What was merged into what. */
  readonly fusions: readonly string[];
  readonly target: Backend;
  private readonly prepared: Prepared | undefined;
  private readonly program: number;

  constructor(graph: Graph, target: Backend, passes = PASSES) {
    const stages = [{ name: 'traced', text: printGraph(graph) }];
    let present = graph;
    for (const pass of passes) {
      present = pass.run(present);
      stages.push({ name: pass.name, text: printGraph(present) });
    }
    this.fusions = fusionsOf(present);
    const { prepare, main } = hoist(present);
    if (passes.length > 0 && prepare.nodes.length > 0) {
      const executable = new Executable(prepare, target, []);
      this.prepared = new Prepared(prepare, () => executable.runOnce());
      present = this.prepared.supply(main);
      stages.push(
        { name: 'computed once', text: printGraph(prepare) },
        { name: 'computed at every run', text: printGraph(present) },
      );
    }
    this.stages = stages;
    this.graph = present;
    this.lowered = lower(present);
    this.target = target;
    this.program = target.register(this.lowered.program);
    const { program } = this;
    programs.register(this, () => target.unregister(program));
  }

  /** A run to bind buffers to, as often as `times` says; undefined for once, without an axis for it. */
  prepare(times?: number): Run {
    return new Run(this.target, this.graph.device, this.lowered.slots, times);
  }

  /** Computes anew what is kept between runs, where its variables have changed. Before a run binds its buffers. */
  refresh(): void {
    this.prepared?.refresh();
  }

  /** Runs at once. Adds the milliseconds of each command to `spent`. */
  run(run: Run, spent?: Float64Array): void {
    try {
      this.target.replay(this.program, run.binding, spent);
    } catch (error) {
      run.abandon();
      throw this.explained(error);
    }
    run.begun();
  }

  /** Runs a program without parameters at once; the results belong to the current scope. */
  private runOnce(): Tensor[] {
    const run = this.prepare();
    run.bind([]);
    this.run(run);
    return run.results();
  }

  /** Runs beside JavaScript. `failed` is called in the order that undoing needs. */
  begin(run: Run, failed: (error: unknown) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      try {
        this.target.begin(this.program, run.binding, (error) => {
          if (!error) return resolve();
          run.abandon();
          failed(error);
          reject(this.explained(error));
        });
        run.begun();
      } catch (error) {
        run.abandon();
        failed(error);
        reject(this.explained(error));
      }
    });
  }

  private explained(error: unknown): unknown {
    if (!(error instanceof HebbError)) return error;
    const command = (error.cause as { command?: number } | undefined)?.command;
    if (command === undefined || command < 0) return error;
    const { kernel } = this.lowered.program.commands[command];
    const name = this.target.kernels[kernel];
    const text = error.message.replace(/^step: /, '');
    const named = text.startsWith(`${name}:`) ? text : `${name}: ${text}`;
    return new HebbError(error.code, `${named} (in a compiled step, from ${this.lowered.where[command]})`, { cause: error });
  }
}
