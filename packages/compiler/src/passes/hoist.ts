import { type Graph, roots, type Value } from '../graph.js';
import { deadCode } from './deadCode.js';

/** What is as cheap to make anew as to read. */
const CHEAP = new Set(['broadcastTo', 'full', 'arange']);

/** A graph in two parts. */
export interface Hoisted {
  /** What depends only on variables that the step does not write, and on constants; its results are inputs of the rest. */
  readonly prepare: Graph;
  /** The rest: results of `prepare` are values that no node of it makes. */
  readonly main: Graph;
}

/** The values that stay what they are while the variables that the graph does not write do. */
export function fixedValues(graph: Graph): Set<Value> {
  const fixed = new Set<Value>(graph.constants.keys());
  for (const [value, cell] of graph.variables) if (!graph.writes.has(cell)) fixed.add(value);
  for (const { op, inputs, outputs } of graph.nodes) {
    if (op.checksValues || !inputs.every((value) => fixed.has(value))) continue;
    for (const value of outputs) fixed.add(value);
  }
  return fixed;
}

/** Takes out of a step what only depends on variables that it does not write. */
export function hoist(graph: Graph): Hoisted {
  const fixed = fixedValues(graph);
  const outside = new Set<Value>(roots(graph));
  const kept = new Set<Value>();
  const main = [];
  for (const node of [...graph.nodes].reverse()) {
    const { op, inputs, outputs } = node;
    const read = outputs.some((value) => outside.has(value));
    const stays = !outputs.every((value) => fixed.has(value)) || op.alias || CHEAP.has(op.name);
    if (stays && (read || !outputs.every((value) => fixed.has(value)))) {
      main.push(node);
      for (const value of inputs) outside.add(value);
    } else if (read) {
      for (const value of outputs) if (outside.has(value)) kept.add(value);
    }
  }
  const results = [...kept].reverse();
  const nodes = graph.nodes.filter(({ outputs }) => outputs.every((value) => fixed.has(value)));
  const prepare = deadCode({ ...graph, parameters: [], nodes, results, writes: new Map() });
  return { prepare, main: deadCode({ ...graph, nodes: main.reverse() }) };
}
