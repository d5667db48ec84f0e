import { type Graph, roots, type Value } from '../graph.js';

/**
 * Drops nodes whose outputs nobody needs, and variables and constants that nobody reads.
 * @param checkedElsewhere outputs of nodes whose values others check too
 */
export function deadCode(graph: Graph, checkedElsewhere: ReadonlySet<Value> = new Set()): Graph {
  const needed = new Set<Value>(roots(graph));
  const kept = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    // A node that checks values stays: its error is part of what the step does.
    const checks = node.op.checksValues && !checkedElsewhere.has(node.outputs[0]);
    if (!checks && !node.outputs.some((value) => needed.has(value))) continue;
    for (const value of node.inputs) needed.add(value);
    kept.push(node);
  }
  const written = new Set(graph.writes.keys());
  return {
    ...graph,
    nodes: kept.reverse(),
    variables: new Map([...graph.variables].filter(([value, cell]) => needed.has(value) || written.has(cell))),
    constants: new Map([...graph.constants].filter(([value]) => needed.has(value))),
  };
}
