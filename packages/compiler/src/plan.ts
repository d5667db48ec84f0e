import { BYTES, type Cell, sizeOf } from '@hebb/tensor';
import { Arena } from './arena.js';
import type { Graph, Node, Value } from './graph.js';
import { lastUses, Memory, mayOverwrite, type Place, type Slot } from './places.js';

export interface Plan {
  readonly slots: readonly Slot[];
  /** By the value that owns the memory. */
  readonly places: ReadonlyMap<Value, Place>;
  readonly memory: Memory;
  readonly arenaBytes: number;
  /** Values to copy into slots after the last node: what could not be computed in its final place. */
  readonly copies: readonly { readonly from: Value; readonly slot: number }[];
  /** Results that were computed over the memory of an input. */
  readonly overwritten: number;
}

export function bytesOf({ dtype, shape }: Value): number {
  return sizeOf(shape) * BYTES[dtype];
}

/**
 * Gives every value of a materialised graph its memory: slots for what comes from or goes outside, one arena for the rest, each block from the node that makes
 * it to the last that needs it. Variables are written in place where nothing after may fail or still needs the old value.
 */
export function plan(graph: Graph): Plan {
  const memory = new Memory(graph);
  const last = lastUses(graph, memory);
  const slots: Slot[] = [];
  const places = new Map<Value, Place>();
  const copies: { from: Value; slot: number }[] = [];
  const addSlot = (slot: Slot): number => slots.push(slot) - 1;

  graph.parameters.forEach((value, index) => void places.set(value, { slot: addSlot({ kind: 'parameter', index, value }) }));
  for (const [value, cell] of graph.constants) places.set(value, { slot: addSlot({ kind: 'cell', cell, written: false }) });
  const cellSlot = new Map<Cell, number>();
  for (const [value, cell] of graph.variables) {
    cellSlot.set(cell, addSlot({ kind: 'cell', cell, written: graph.writes.has(cell) }));
    places.set(value, { slot: cellSlot.get(cell) as number });
  }

  for (const value of graph.results) places.set(value, { slot: addSlot({ kind: 'result', value }) });
  const before = new Map([...graph.variables].map(([value, cell]) => [cell, value]));
  for (const [cell, value] of graph.writes) {
    const slot = cellSlot.get(cell) as number;
    if (writesInPlace(graph, value, before.get(cell) as Value, last, memory)) places.set(value, { slot });
    else copies.push({ from: value, slot });
  }

  const arena = new Arena();
  const overwritten = placeInArena(graph, arena, places, last, memory);
  return { slots, places, memory, arenaBytes: arena.size, copies, overwritten };
}

/** Whether the node that makes `value` may write it straight into the variable that held `old`. */
function writesInPlace(graph: Graph, value: Value, old: Value, last: ReadonlyMap<Value, number>, memory: Memory): boolean {
  const made = graph.nodes.findIndex(({ outputs }) => outputs.includes(value));
  if ((last.get(old) ?? -1) > made) return false;
  // A step that fails must leave its variables as they were.
  if (graph.nodes.slice(made + 1).some(({ op }) => op.checksValues)) return false;
  const node = graph.nodes[made];
  return !node.op.checksValues && mayOverwrite(node, node.outputs.indexOf(value), old, memory);
}

function placeInArena(
  graph: Graph,
  arena: Arena,
  places: Map<Value, Place>,
  last: ReadonlyMap<Value, number>,
  memory: Memory,
): number {
  const held = new Map<Value, number>();
  let overwritten = 0;
  graph.nodes.forEach((node, i) => {
    node.outputs.forEach((made, output) => {
      const value = memory.owner(made);
      if (places.has(value)) return;
      const reused = value === made ? dying(node, i, output, value, held, last, memory) : undefined;
      if (reused) {
        places.set(value, places.get(reused) as Place);
        held.set(value, held.get(reused) as number);
        held.delete(reused);
        overwritten++;
        return;
      }
      const offset = arena.take(bytesOf(value));
      places.set(value, { offset });
      held.set(value, offset);
    });
    for (const [value, offset] of held) {
      if ((last.get(value) ?? i) > i) continue;
      arena.give(offset, bytesOf(value));
      held.delete(value);
    }
  });
  return overwritten;
}

/** An input in the arena that this node is the last to need and may write over. */
function dying(
  node: Node,
  i: number,
  output: number,
  value: Value,
  held: ReadonlyMap<Value, number>,
  last: ReadonlyMap<Value, number>,
  memory: Memory,
): Value | undefined {
  return node.inputs.map(memory.owner).find((input) => {
    return (
      held.has(input) && last.get(input) === i && bytesOf(input) === bytesOf(value) && mayOverwrite(node, output, input, memory)
    );
  });
}
