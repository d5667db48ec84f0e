import { sameShape } from '@hebb/tensor';
import { countUses, describeNode, type Graph, type Node } from '../graph.js';
import { dependOn, makersOf, ordered } from '../order.js';
import { piecesOf } from './elementwise.js';

/** Lets batch normalisation in training add a residual and apply relu, and its gradient take the gradient of that relu in. */
export function fuseBatchNorm(graph: Graph): Graph {
  return { ...graph, nodes: ordered(fuseGradients(fuseForward(graph.nodes, graph), graph)) };
}

function fuseForward(all: readonly Node[], graph: Graph): Node[] {
  const uses = countUses(graph);
  const maker = makersOf(all);
  const nodes = new Set<Node>();
  for (const node of all) {
    const found = absorb(node);
    if (found) nodes.delete(found[0]);
    const next = found?.[1] ?? node;
    nodes.add(next);
    for (const value of next.outputs) maker.set(value, next);
  }
  return [...nodes];

  function absorb(node: Node): [Node, Node] | undefined {
    const { op, inputs, outputs } = node;
    if (op.name !== 'relu' && op.name !== 'add') return undefined;
    for (const [value, other] of op.name === 'relu' ? [inputs] : [inputs, [inputs[1], inputs[0]]]) {
      const norm = maker.get(value);
      if (norm?.op.name !== 'batchNorm' || norm.outputs[0] !== value || uses.get(value) !== 1 || rectifies(norm)) continue;
      const merged = [...(norm.merged ?? []), ...describeNode(node)];
      const made = [outputs[0], ...norm.outputs.slice(1)];
      if (op.name === 'relu')
        return [norm, { ...norm, attributes: { ...(norm.attributes as object), relu: true }, outputs: made, merged }];
      const fits = norm.inputs.length === 3 && other.dtype === value.dtype && sameShape(other.shape, value.shape);
      if (fits && !dependOn([other], norm, maker))
        return [norm, { ...norm, inputs: [...norm.inputs, other], outputs: made, merged }];
    }
    return undefined;
  }
}

function rectifies({ attributes }: Node): boolean {
  return (attributes as { relu?: boolean }).relu === true;
}

function fuseGradients(all: readonly Node[], graph: Graph): Node[] {
  const uses = countUses({ ...graph, nodes: all });
  const maker = makersOf(all);
  const taken = new Set<Node>();
  const replaced = new Map<Node, Node>();
  for (const node of all) {
    const gradient = maker.get(node.inputs[0]);
    if (node.op.name !== 'batchNormGrad' || node.inputs.length !== 5) continue;
    if (gradient?.op.name !== 'reluGrad' || uses.get(node.inputs[0]) !== 1) continue;
    const [g, y] = gradient.inputs;
    // A gradient that was just added up is better joined with the addition.
    const sum = maker.get(g);
    if (sum && piecesOf(sum)) continue;
    taken.add(gradient);
    replaced.set(node, {
      ...node,
      inputs: [g, ...node.inputs.slice(1), y],
      merged: [...(node.merged ?? []), ...describeNode(gradient)],
    });
  }
  return all.filter((node) => !taken.has(node)).map((node) => replaced.get(node) ?? node);
}
