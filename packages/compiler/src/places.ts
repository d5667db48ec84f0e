import type { Cell } from '@hebb/tensor';
import type { Graph, Node, Value } from './graph.js';

/** Memory that comes from outside: what each run has to fill in. */
export type Slot =
  | { readonly kind: 'parameter'; readonly index: number; readonly value: Value }
  | { readonly kind: 'cell'; readonly cell: Cell; readonly written: boolean }
  | { readonly kind: 'result'; readonly value: Value };

/** Where a value is: a slot, or the arena. */
export type Place = { readonly slot: number } | { readonly offset: number };

/** The value whose memory each value shares: itself, or the input that it is another shape of. */
export function memoryOf(graph: Graph): (value: Value) => Value {
  const owner = new Map<Value, Value>();
  const find = (value: Value): Value => owner.get(value) ?? value;
  for (const { op, inputs, outputs } of graph.nodes) if (op.alias) owner.set(outputs[0], find(inputs[0]));
  return find;
}

/** The last node that needs each memory; nodes.length for what outlives them. */
export function lastUses(graph: Graph, find: (value: Value) => Value): Map<Value, number> {
  const last = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    for (const value of [...node.outputs, ...node.inputs]) last.set(find(value), i);
  });
  for (const value of [...graph.results, ...graph.writes.values()]) last.set(find(value), graph.nodes.length);
  return last;
}

/** Whether the node may write this output over the memory of `value`. */
export function mayOverwrite(node: Node, output: number, value: Value, find: (value: Value) => Value): boolean {
  return node.inputs.every((input, i) => {
    if (find(input) !== value) return true;
    const { dtype, shape } = node.outputs[output];
    const same = input.dtype === dtype && input.shape.length === shape.length && input.shape.every((dim, k) => dim === shape[k]);
    return same && (node.op.inPlace?.some(([o, k]) => o === output && k === i) ?? false);
  });
}
