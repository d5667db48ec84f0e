import { OPS } from '@hebb/tensor';
import { countUses, describeNode, freshValues, type Graph, type Node, type Value } from '../graph.js';
import { fixedValues } from './hoist.js';
import { isBias, isProduct } from './product.js';

/**
 * Moves scales and shifts of channels that follow a product or convolution into its weights and bias, where none of them changes
 * between runs: conv(x, w)·s + t = conv(x, w·s) + t. What batch normalisation leaves of itself in inference disappears so.
 */
export function foldScales(graph: Graph): Graph {
  const fixed = fixedValues(graph);
  const uses = countUses(graph);
  const fresh = freshValues(graph);
  const maker = new Map<Value, Node>();
  const nodes: Node[] = [];
  const add = (name: string, inputs: readonly Value[], like: Value, where: string, attributes?: unknown): Value => {
    const output = fresh(like.dtype, like.shape);
    fixed.add(output);
    nodes.push({ op: OPS.get(name) as Node['op'], inputs, outputs: [output], attributes, where });
    return output;
  };

  for (const node of graph.nodes) {
    const found = ['mul', 'add'].includes(node.op.name) ? producerOf(node) : undefined;
    const next = found && (node.op.name === 'mul' ? scaled(node, ...found) : shifted(node, ...found));
    if (found && next) nodes.splice(nodes.indexOf(found[0]), 1);
    const last = next ?? node;
    nodes.push(last);
    for (const value of last.outputs) maker.set(value, last);
  }
  return { ...graph, nodes };

  /** The product that only this node reads, and the fixed channels that it is combined with. */
  function producerOf({ inputs, outputs }: Node): [Node, Value] | undefined {
    for (const [value, other] of [inputs, [inputs[1], inputs[0]]]) {
      const product = maker.get(value);
      if (!product || !isProduct(product) || uses.get(value) !== 1) continue;
      const weightsFixed = product.inputs.slice(1).every((input) => fixed.has(input));
      if (weightsFixed && fixed.has(other) && isBias(other, outputs[0])) return [product, other];
    }
    return undefined;
  }

  function scaled(node: Node, product: Node, scale: Value): Node | undefined {
    const [x, w, ...bias] = product.inputs;
    const shape = perOutput(product, w, scale.shape[0]);
    if (!shape) return undefined;
    const along = shape.length === 1 ? scale : add('reshape', [scale], { ...scale, shape }, node.where, shape);
    const weights = add('mul', [w, along], w, node.where);
    const moved = bias.map((value) => add('mul', [value, scale], value, node.where));
    return {
      ...product,
      inputs: [x, weights, ...moved],
      outputs: node.outputs,
      merged: [...(product.merged ?? []), ...describeNode(node)],
    };
  }

  function shifted(node: Node, product: Node, shift: Value): Node {
    const [x, w, bias] = product.inputs;
    const sum = bias ? add('add', [bias, shift], bias, node.where) : shift;
    return { ...product, inputs: [x, w, sum], outputs: node.outputs, merged: [...(product.merged ?? []), ...describeNode(node)] };
  }
}

/** The shape in which a scale of the outputs multiplies the weights; undefined where it cannot. */
function perOutput({ op, attributes }: Node, w: Value, channels: number): readonly number[] | undefined {
  if (op.name === 'conv2d') return [channels, 1, 1, 1];
  if (w.shape.length !== 2) return undefined;
  return (attributes as { transposeB: boolean }).transposeB ? [channels, 1] : [channels];
}
