import { type Cell, scope, type Tensor, Variable } from '@hebb/tensor';
import type { Graph } from './graph.js';

/** The results of the `prepare` part of a step (see passes/hoist.ts), computed anew when a variable that they depend on has changed. */
export class Prepared {
  private kept: readonly Variable[] = [];
  private readonly sources: readonly Cell[];
  private versions: readonly number[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly compute: () => readonly Tensor[],
  ) {
    this.sources = [...graph.variables.values()];
    scope(() => {
      this.kept = compute().map((tensor) => new Variable(tensor, { name: 'prepared', trainable: false }));
    });
    this.versions = this.present();
  }

  /** The main part with the kept results as its constants. */
  supply(main: Graph): Graph {
    const kept = this.graph.results.map((value, i): [typeof value, Cell] => [value, this.kept[i]]);
    return { ...main, constants: new Map([...main.constants, ...kept]) };
  }

  /** Brings the results up to date. */
  refresh(): void {
    if (this.sources.every(({ version }, i) => version === this.versions[i])) return;
    scope(() => {
      this.compute().forEach((tensor, i) => void this.kept[i].store(tensor));
    });
    // Only now: a value that the host set reaches its variable, which counts as a change, when it is read.
    this.versions = this.present();
  }

  private present(): readonly number[] {
    return this.sources.map(({ version }) => version);
  }
}
