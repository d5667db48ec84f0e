import { type Cell, evaluator, scope, sizeOf, Variable } from '@hebb/tensor';
import type { Graph, Node, Value } from '../graph.js';

/** Larger results are cheaper to compute anew than to keep. */
const MOST_ELEMENTS = 1024;

/** Computes now what depends on constants alone. */
export function foldConstants(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.filter((node) => {
    if (!foldable(node, constants)) return true;
    scope(() => {
      const inputs = node.inputs.map((value) => evaluator.read(constants.get(value) as Cell));
      const outputs = evaluator.apply(node.op, inputs, node.attributes as never);
      node.outputs.forEach(
        (value, i) => void constants.set(value, new Variable(outputs[i], { name: 'constant', trainable: false })),
      );
    });
    return false;
  });
  return { ...graph, nodes, constants };
}

function foldable(node: Node, constants: ReadonlyMap<Value, Cell>): boolean {
  if (node.op.checksValues) return false;
  return node.inputs.every((value) => constants.has(value)) && node.outputs.every(({ shape }) => sizeOf(shape) <= MOST_ELEMENTS);
}
