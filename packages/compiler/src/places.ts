import { BYTES, type Cell, sizeOf } from '@hebb/tensor';
import { type Graph, type Node, roots, type Value } from './graph.js';

/** Memory that comes from outside: what each run has to fill in. */
export type Slot =
  | { readonly kind: 'parameter'; readonly index: number; readonly value: Value }
  | { readonly kind: 'cell'; readonly cell: Cell; readonly written: boolean }
  | { readonly kind: 'result'; readonly value: Value };

/** Where a value is: a slot, or the arena. */
export type Place = { readonly slot: number } | { readonly offset: number };

/** Parts of memory begin at cache lines, as all of it does: kernels count on that for speed. */
const LINE = 64;

/** Whose memory each value has, and which nodes need not run for it. */
export class Memory {
  private readonly parts = new Map<Value, { readonly whole: Value; readonly offset: number }>();
  private readonly idle = new Set<Node>();

  /** Of a materialised graph. */
  constructor(graph: Graph) {
    const outside = new Set(roots(graph));
    // What may lie anywhere in the arena: slots have no parts.
    const movable = new Set(graph.nodes.flatMap(({ op, outputs }) => (op.alias ? [] : outputs)).filter((v) => !outside.has(v)));
    for (const node of graph.nodes) {
      const { op, inputs, outputs } = node;
      if (op.alias) this.share(node, outputs[0], inputs[0], 0);
      else if (op.partOf) this.lookInto(node, movable);
      else if (op.partsIn) this.putTogether(node, movable);
    }
  }

  /** The value that owns the memory: itself, or what it is another shape or a part of. */
  owner = (value: Value): Value => {
    const part = this.parts.get(value);
    return part ? this.owner(part.whole) : value;
  };

  /** Bytes from the beginning of the owner's memory. */
  offset(value: Value): number {
    const part = this.parts.get(value);
    return part ? part.offset + this.offset(part.whole) : 0;
  }

  /** Whether a node's outputs are where they belong without it. */
  isIdle(node: Node): boolean {
    return this.idle.has(node);
  }

  private share(node: Node, value: Value, whole: Value, offset: number): void {
    this.parts.set(value, { whole, offset });
    this.idle.add(node);
  }

  /** The output is a part of the input. */
  private lookInto(node: Node, movable: ReadonlySet<Value>): void {
    const { op, inputs, outputs, attributes } = node;
    const [value] = outputs;
    const offset = bytesAt(value, op.partOf?.(inputs, outputs, attributes as never));
    if (offset === undefined || !movable.has(value) || !movable.has(this.owner(inputs[0]))) return;
    this.share(node, value, inputs[0], offset);
  }

  /** The inputs are computed where they belong in the output. */
  private putTogether(node: Node, movable: ReadonlySet<Value>): void {
    const { op, inputs, outputs, attributes } = node;
    const [whole] = outputs;
    const offsets = op.partsIn?.(inputs, outputs, attributes as never)?.map((at) => bytesAt(whole, at));
    const owners = inputs.map(this.owner);
    const free = owners.every((owner, i) => movable.has(owner) && this.fills(inputs[i]) && owners.indexOf(owner) === i);
    if (!offsets || offsets.includes(undefined) || !movable.has(whole) || !free) return;
    owners.forEach((owner, i) => void this.share(node, owner, whole, offsets[i] as number));
  }

  /** Whether a value is its owner in another shape. */
  private fills(value: Value): boolean {
    const part = this.parts.get(value);
    return !part || (sizeOf(value.shape) === sizeOf(part.whole.shape) && this.fills(part.whole));
  }
}

/** Undefined where no line begins there. */
function bytesAt({ dtype }: Value, element: number | undefined): number | undefined {
  const bytes = (element ?? NaN) * BYTES[dtype];
  return bytes % LINE === 0 ? bytes : undefined;
}

/** The last node that needs each memory; nodes.length for what outlives them. */
export function lastUses(graph: Graph, { owner }: Memory): Map<Value, number> {
  const last = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    for (const value of [...node.outputs, ...node.inputs]) last.set(owner(value), i);
  });
  for (const value of roots(graph)) last.set(owner(value), graph.nodes.length);
  return last;
}

/** Whether the node may write this output over the memory of `value`. */
export function mayOverwrite(node: Node, output: number, value: Value, { owner }: Memory): boolean {
  return node.inputs.every((input, i) => {
    if (owner(input) !== value) return true;
    const { dtype, shape } = node.outputs[output];
    const same = input.dtype === dtype && input.shape.length === shape.length && input.shape.every((dim, k) => dim === shape[k]);
    return same && (node.op.inPlace?.some(([o, k]) => o === output && k === i) ?? false);
  });
}
