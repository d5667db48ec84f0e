import { OPS } from '@hebb/tensor';
import { freshValues, type Graph, type Node, type Value } from '../graph.js';
import { fixedValues } from './hoist.js';
import { epilogueOf } from './product.js';

/**
 * Lays out the filters of convolutions once where they do not change from run to run; hoisting then keeps them. cuDNN lays them out itself.
 */
export function packFilters(graph: Graph): Graph {
  if (graph.device !== 'cpu') return graph;
  const fixed = fixedValues(graph);
  const fresh = freshValues(graph);
  const pack = OPS.get('packFilter') as Node['op'];
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [x, w] = node.inputs;
    if (node.op.name !== 'conv2d' || !fixed.has(w) || fixed.has(node.outputs[0]) || !packable(w, node)) return [node];
    const { activation, operands } = epilogueOf(node);
    const { window, groups } = node.attributes as { window: unknown; groups: number };
    const attributes = { window, groups, image: x.shape };
    const [{ dtype, shape }] = pack.infer([w], attributes as never);
    const packed = fresh(dtype, shape);
    return [
      { op: pack, inputs: [w], outputs: [packed], attributes, where: node.where },
      {
        ...node,
        inputs: [...node.inputs, packed],
        attributes: { window, groups, epilogue: { activation, operands: [...operands, 'packed'] } },
      },
    ];
  });
  return { ...graph, nodes };
}

function packable({ dtype }: Value, { attributes, outputs }: Node): boolean {
  const products = dtype === 'float32' || dtype === 'bfloat16';
  return products && (attributes as { groups: number }).groups === 1 && !outputs[0].shape.includes(0);
}
