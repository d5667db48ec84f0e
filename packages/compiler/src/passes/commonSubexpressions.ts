import { showAttributes } from '../attributes.js';
import { type Graph, type Node, substitute, type Value } from '../graph.js';

/** Computes what is the same op on the same values with the same attributes once. */
export function commonSubexpressions(graph: Graph): Graph {
  const first = new Map<string, Node>();
  const replacement = new Map<Value, Value>();
  const kept: Node[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => (replacement.get(value) ?? value).id);
    const key = `${node.op.name} ${inputs.join(' ')} ${showAttributes(node.attributes)}`;
    const same = first.get(key);
    if (same) {
      node.outputs.forEach((value, i) => void replacement.set(value, same.outputs[i]));
    } else {
      first.set(key, node);
      kept.push(node);
    }
  }
  return substitute(graph, replacement, kept);
}
