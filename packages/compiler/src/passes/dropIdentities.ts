import { sameShape } from '@hebb/tensor';
import { type Graph, substitute, type Value } from '../graph.js';

/** Drops what only passes a tensor on: `stopGradient`, once gradients are taken, and reshaping to the same shape. */
export function dropIdentities(graph: Graph): Graph {
  const replacement = new Map<Value, Value>();
  const nodes = graph.nodes.filter(({ op, inputs, outputs }) => {
    if (!op.alias || !sameShape(inputs[0].shape, outputs[0].shape)) return true;
    replacement.set(outputs[0], inputs[0]);
    return false;
  });
  return substitute(graph, replacement, nodes);
}
