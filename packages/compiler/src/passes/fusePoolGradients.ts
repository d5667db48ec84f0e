import { countUses, describeNode, type Graph, type Node, type Value } from '../graph.js';
import { gradientOf } from './fuseEpilogues.js';

/** Lets the gradient of an average pool multiply by that of the activation whose output was pooled, where nobody needs it alone. */
export function fusePoolGradients(graph: Graph): Graph {
  const uses = countUses(graph);
  const pools = new Map<Value, Node>();
  const nodes = new Set<Node>();
  for (const node of graph.nodes) {
    const [g, y] = node.inputs;
    const activation = gradientOf(node.op.name);
    const pool = activation && uses.get(g) === 1 ? pools.get(g) : undefined;
    if (pool) nodes.delete(pool);
    nodes.add(
      pool
        ? {
            ...pool,
            inputs: [pool.inputs[0], y],
            outputs: node.outputs,
            attributes: { ...(pool.attributes as object), activation },
            merged: [...(pool.merged ?? []), ...describeNode(node)],
          }
        : node,
    );
    // 16 bits would be rounded once less than by ops of their own.
    const wide = node.outputs[0].dtype === 'float32' || node.outputs[0].dtype === 'float64';
    if (node.op.name === 'avgPool2dGrad' && wide) pools.set(node.outputs[0], node);
  }
  return { ...graph, nodes: [...nodes] };
}
