import { type Backend, type Cell, clone, evaluator, HebbError, makeTensor, type Tensor, withReader } from '@hebb/tensor';
import type { Graph } from './graph.js';
import { type Lowered, lower } from './lower.js';
import { hoist } from './passes/hoist.js';
import { PASSES } from './passes/index.js';
import type { Slot } from './places.js';
import { bytesOf } from './plan.js';
import { Prepared } from './prepared.js';
import { fusionsOf, printGraph } from './print.js';

/** Frees a program when the step that had it is collected. */
const programs = new FinalizationRegistry<() => void>((release) => release());

/** A graph that was optimised, lowered and registered, ready to be replayed. */
export class Executable {
  readonly lowered: Lowered;
  /** The graph as traced, and after each pass. */
  readonly stages: readonly { readonly name: string; readonly text: string }[];
  /** What was merged into what. */
  readonly fusions: readonly string[];
  private readonly prepared: Prepared | undefined;
  private readonly program: number;
  private readonly target: Backend;

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
      this.prepared = new Prepared(prepare, () => executable.run([]));
      present = this.prepared.supply(main);
      stages.push(
        { name: 'computed once', text: printGraph(prepare) },
        { name: 'computed at every run', text: printGraph(present) },
      );
    }
    this.stages = stages;
    this.lowered = lower(present);
    this.target = target;
    this.program = target.register(this.lowered.program);
    const { program } = this;
    programs.register(this, () => target.unregister(program));
  }

  /** Runs the program on these arguments; the results are new tensors of the current scope. */
  run(parameters: readonly Tensor[]): Tensor[] {
    this.prepared?.refresh();
    const made: { slot: Extract<Slot, { kind: 'result' }>; handle: number }[] = [];
    try {
      const handles = this.lowered.slots.map((slot) => {
        const handle = this.handleFor(slot, parameters);
        if (slot.kind === 'result') made.push({ slot, handle });
        return handle;
      });
      this.target.replay(this.program, handles);
    } catch (error) {
      for (const { handle } of made) this.target.release(handle);
      throw this.explained(error);
    }
    return made.map(({ slot: { value }, handle }) => makeTensor(value.dtype, value.shape, handle));
  }

  private handleFor(slot: Slot, parameters: readonly Tensor[]): number {
    switch (slot.kind) {
      case 'parameter':
        return parameters[slot.index].liveHandle('step');
      case 'cell':
        return slot.written ? this.unshared(slot.cell) : slot.cell.peek().handle;
      case 'result':
        return this.target.allocate(bytesOf(slot.value));
    }
  }

  /** The memory of a variable that is about to be written; tensors that were read from it before keep the old one. */
  private unshared(cell: Cell): number {
    const { handle } = cell.peek();
    cell.touch();
    if (this.target.references(handle) === 1) return handle;
    const copy = withReader(evaluator, () => clone(cell.peek()));
    cell.store(copy);
    copy.dispose();
    return cell.peek().handle;
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
