import { sameShape } from '@hebb/tensor';
import { type Graph, substitute, type Value } from '../graph.js';

/**
 * Drops what only passes a tensor on: `stopGradient`, once gradients are taken, and reshaping to the same shape; in the end also what keeps
 * two computations of the same apart.
 */
export function dropIdentities(graph: Graph, end = false): Graph {
  const replacement = new Map<Value, Value>();
  const nodes = graph.nodes.filter(({ op, inputs, outputs }) => {
    if (!op.alias || (op.apart && !end) || !sameShape(inputs[0].shape, outputs[0].shape)) return true;
    replacement.set(outputs[0], inputs[0]);
    return false;
  });
  return substitute(graph, replacement, nodes);
}
