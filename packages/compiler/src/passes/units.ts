import type { Node, Value } from '../graph.js';
import { makersOf } from '../order.js';

/** Nodes that will run as one. */
export interface Unit {
  readonly nodes: readonly Node[];
}

/** The nodes of a graph in units that can be joined, kept in an order in which each comes after those that it depends on. */
export class Units {
  private readonly order: Unit[];
  private readonly position = new Map<Unit, number>();
  private readonly unitOf = new Map<Node, Unit>();
  private readonly maker: ReadonlyMap<Value, Node>;

  constructor(nodes: readonly Node[]) {
    this.maker = makersOf(nodes);
    this.order = nodes.map((node) => ({ nodes: [node] }));
    this.order.forEach((unit, i) => void this.place(unit, i));
  }

  all(): readonly Unit[] {
    return this.order;
  }

  of(node: Node): Unit {
    return this.unitOf.get(node) as Unit;
  }

  /** The unit that makes a value, if one does. */
  makerOf(value: Value): Unit | undefined {
    const node = this.maker.get(value);
    return node && this.unitOf.get(node);
  }

  /**
   * Makes one unit of two, of which `b` reads what `a` makes; false where a third both needs `a` and is needed by `b`. What `b` needs moves
   * in front of the new unit, and what else lay between follows it.
   */
  join(a: Unit, b: Unit): boolean {
    const [first, last] = [this.at(a), this.at(b)];
    const needed = new Set<Unit>();
    const stack = [b];
    while (stack.length > 0) {
      const unit = stack.pop() as Unit;
      for (const other of this.sources(unit)) {
        if (other === a && unit !== b) return false;
        if (this.at(other) <= first || other === b || needed.has(other)) continue;
        needed.add(other);
        stack.push(other);
      }
    }
    const between = this.order.slice(first + 1, last);
    const joined: Unit = { nodes: [...a.nodes, ...b.nodes] };
    for (const unit of [a, b]) this.position.delete(unit);
    const rest = between.filter((unit) => !needed.has(unit));
    const region = [...between.filter((unit) => needed.has(unit)), joined, ...rest];
    // An empty unit keeps the places behind as they are.
    region.push({ nodes: [] });
    region.forEach((unit, i) => void this.place(unit, first + i));
    return true;
  }

  private sources({ nodes }: Unit): Unit[] {
    return nodes.flatMap(({ inputs }) => inputs.flatMap((value) => this.makerOf(value) ?? []));
  }

  private at(unit: Unit): number {
    return this.position.get(unit) as number;
  }

  private place(unit: Unit, at: number): void {
    this.order[at] = unit;
    this.position.set(unit, at);
    for (const node of unit.nodes) this.unitOf.set(node, unit);
  }
}
