import { EPILOGUE_OPERANDS, type Epilogue, sameShape } from '@hebb/tensor';
import { countUses, describeNode, type Graph, type Node, type Value } from '../graph.js';
import { epilogueOf, isBias, isProduct } from './product.js';

type Activation = Epilogue['activation'];
type Operand = Epilogue['operands'][number];

/**
 * Lets products and convolutions add a bias and a residual and apply an activation, and products multiply by the gradient of one, where
 * nobody needs the values in between.
 */
export function fuseEpilogues(graph: Graph): Graph {
  const uses = countUses(graph);
  const maker = new Map<Value, Node>();
  const nodes = new Set<Node>();
  for (const node of graph.nodes) {
    const open = (value: Value): Node | undefined => {
      const product = maker.get(value);
      if (!product || uses.get(value) !== 1 || !isProduct(product)) return undefined;
      return epilogueOf(product).activation === 'none' ? product : undefined;
    };
    const found = absorb(node, open);
    if (found) nodes.delete(found.product);
    const next = found ? merge(node, found) : node;
    nodes.add(next);
    for (const value of next.outputs) maker.set(value, next);
  }
  return { ...graph, nodes: [...nodes] };
}

/** What a product takes over from a node. */
interface Absorbed {
  readonly product: Node;
  readonly activation?: Activation;
  readonly operand?: readonly [Operand, Value];
}

function absorb({ op, inputs, outputs, attributes }: Node, open: (value: Value) => Node | undefined): Absorbed | undefined {
  const activation = activationOf(op.name, attributes);
  if (activation) {
    const product = open(inputs[0]);
    return product && { product, activation };
  }
  const gradient = gradientOf(op.name);
  if (gradient) {
    const product = open(inputs[0]);
    if (product?.op.name !== 'matmul' || epilogueOf(product).operands.includes('residual')) return undefined;
    return { product, activation: gradient, operand: ['residual', inputs[1]] };
  }
  if (op.name !== 'add') return undefined;
  for (const [value, other] of [inputs, [inputs[1], inputs[0]]]) {
    const product = open(value);
    if (!product || !sameShape(value.shape, outputs[0].shape) || other.dtype !== value.dtype) continue;
    const operand = freeOperand(epilogueOf(product), other, value);
    if (operand) return { product, operand: [operand, other] };
  }
  return undefined;
}

function activationOf(name: string, attributes: unknown): Activation | undefined {
  if (name === 'gelu') return (attributes as { tanh: boolean }).tanh ? 'geluTanh' : 'gelu';
  return name === 'relu' || name === 'tanh' || name === 'sigmoid' || name === 'silu' ? name : undefined;
}

/** The gradient that may follow in the same kernel. That of gelu is too much work for the short rows of a block: it goes better with the sum that follows. */
export function gradientOf(name: string): Activation | undefined {
  return name === 'reluGrad' || name === 'tanhGrad' || name === 'sigmoidGrad' ? name : undefined;
}

/** A bias comes before a residual, as the kernel adds them. */
function freeOperand({ operands }: Epilogue, other: Value, output: Value): Operand | undefined {
  if (operands.includes('residual')) return undefined;
  if (isBias(other, output)) return operands.includes('bias') ? undefined : 'bias';
  return sameShape(other.shape, output.shape) ? 'residual' : undefined;
}

function merge(node: Node, { product, activation, operand }: Absorbed): Node {
  const before = epilogueOf(product);
  const [a, b, ...rest] = product.inputs;
  const values = new Map<Operand, Value>(before.operands.map((name, i) => [name, rest[i]]));
  if (operand) values.set(...operand);
  const operands = EPILOGUE_OPERANDS.filter((name) => values.has(name));
  const epilogue: Epilogue = { activation: activation ?? before.activation, operands };
  return {
    ...product,
    inputs: [a, b, ...operands.map((name) => values.get(name) as Value)],
    outputs: node.outputs,
    attributes: { ...(product.attributes as object), epilogue },
    merged: [...(product.merged ?? []), ...describeNode(node)],
  };
}
