import { type DType, isHalf, OPS, type Shape, sizeOf } from '@hebb/tensor';
import { freshValues, type Graph, type Node, roots, type Value } from '../graph.js';

/** Tensor cores are fast where rows begin at multiples of 16 bytes: eight numbers of 16 bits. */
const UNIT = 8;
/** A product of fewer multiplications is quick either way. */
const LEAST_PRODUCTS = 2 ** 24;

/** Each takes the scores as the operand at its place here. */
const LOSSES: readonly string[] = ['softmaxCrossEntropy', 'softmaxCrossEntropyGrad'];

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * On a GPU, scores of classes in 16 bits whose number is no multiple of eight — of the words of a vocabulary, say — get some columns
 * more, as do their gradients: the product that makes them, the loss, and the products with their gradients compute with these instead
 * of copies, as each product on its own would. What else reads scores or gradients gets them without.
 */
export function padClasses(graph: Graph): Graph {
  const scores = graph.device === 'cuda' ? scoresOf(graph) : new Set<Value>();
  if (scores.size === 0) return graph;
  const padding = new Padding(graph, scores);
  for (const node of graph.nodes) padding.rewrite(node);
  for (const root of roots(graph)) padding.cut(root, 'end of the step');
  return { ...graph, nodes: padding.nodes };
}

/** The outputs of products that a loss takes as scores, under whatever shape. */
function scoresOf({ nodes }: Graph): Set<Value> {
  const maker = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
  const found = new Set<Value>();
  for (const { op, inputs } of nodes) {
    const place = LOSSES.indexOf(op.name);
    let node = place < 0 ? undefined : maker.get(inputs[place]);
    while (node && keepsColumns(node)) node = maker.get(node.inputs[0]);
    if (node && paysFor(node)) found.add(node.outputs[0]);
  }
  return found;
}

/** Whether a node only gives its input another shape, with rows as long as they were. */
function keepsColumns({ op, inputs: [x], outputs: [y] }: Node): boolean {
  return op.name === 'reshape' && columnsOf(x) === columnsOf(y);
}

function paysFor({ op, inputs: [a, b], outputs: [y], attributes }: Node): boolean {
  if (op.name !== 'matmul' || !isHalf(y.dtype) || b.shape.length !== 2 || (attributes as Flags).transposeA) return false;
  return columnsOf(y) % UNIT !== 0 && sizeOf(y.shape) * columnsOf(a) >= LEAST_PRODUCTS;
}

class Padding {
  readonly nodes: Node[] = [];
  /** Values with more columns, by those that they stand for. */
  private readonly padded = new Map<Value, Value>();
  private readonly paddedWeights = new Map<Value, Map<number, Value>>();
  /** Values that stand for themselves again. */
  private readonly whole = new Set<Value>();
  private readonly fresh: (dtype: DType, shape: Shape) => Value;

  constructor(
    graph: Graph,
    private readonly scores: ReadonlySet<Value>,
  ) {
    this.fresh = freshValues(graph);
  }

  rewrite(node: Node): void {
    if (this.score(node) || this.reshape(node) || this.loss(node) || this.product(node) || this.sum(node)) return;
    for (const value of node.inputs) this.cut(value, node.where);
    this.nodes.push(node);
  }

  /** Makes the value itself of the one that stands for it. */
  cut(value: Value, where: string): void {
    const longer = this.padded.get(value);
    if (!longer || this.whole.has(value)) return;
    this.slice(longer, value, where);
    this.whole.add(value);
  }

  /** x·W + b */
  private score(node: Node): boolean {
    const { inputs, outputs, attributes, where } = node;
    if (!this.scores.has(outputs[0])) return false;
    const [a, b, ...bias] = inputs;
    for (const value of inputs) this.cut(value, where);
    const weights = this.weights(b, (attributes as Flags).transposeB ? 0 : 1, where);
    this.stand(node, [a, weights, ...bias.map((value) => this.weights(value, 0, where))], attributes);
    return true;
  }

  private reshape(node: Node): boolean {
    const [x] = node.inputs;
    const longer = this.padded.get(x);
    if (!longer || !keepsColumns(node)) return false;
    this.stand(node, [longer], [...node.outputs[0].shape.slice(0, -1), columnsOf(longer)]);
    return true;
  }

  private loss(node: Node): boolean {
    const { op, inputs } = node;
    const place = LOSSES.indexOf(op.name);
    const logits = inputs[place];
    const longer = logits && this.padded.get(logits);
    if (!longer) return false;
    const attributes = { classes: columnsOf(logits) };
    const operands = inputs.map((value) => (value === logits ? longer : value));
    if (place === 0) this.nodes.push({ ...node, inputs: operands, attributes });
    else this.stand(node, operands, attributes);
    return true;
  }

  /** Products with gradients of scores, which are zero where there is no class. */
  private product(node: Node): boolean {
    const { op, inputs, outputs, attributes, where } = node;
    const [a, b, ...bias] = inputs;
    const [left, right] = [this.padded.get(a), b && this.padded.get(b)];
    if (op.name !== 'matmul' || b.shape.length !== 2 || (left === undefined) === (right === undefined)) return false;
    const { transposeA, transposeB } = attributes as Flags;
    if (left && !transposeA) {
      // Over the classes.
      const weights = this.weights(b, transposeB ? 1 : 0, where);
      this.nodes.push({ ...node, inputs: [left, weights, ...bias] });
      return true;
    }
    // Rows or columns of the output are the classes.
    if (left ? a.shape.length !== 2 : transposeB || bias.length > 0) return false;
    const longer = this.add(op, [left ?? a, right ?? b, ...bias], attributes, node);
    this.slice(longer, outputs[0], where);
    return true;
  }

  /** Over rows. */
  private sum(node: Node): boolean {
    const [x] = node.inputs;
    const longer = x && this.padded.get(x);
    if (!longer || node.op.name !== 'sum' || (node.attributes as { last: number }).last >= x.shape.length - 1) return false;
    this.slice(this.add(node.op, [longer], node.attributes, node), node.outputs[0], node.where);
    return true;
  }

  /** Weights or a bias with zeros behind an axis. */
  private weights(value: Value, axis: number, where: string): Value {
    const known = this.paddedWeights.get(value) ?? new Map<number, Value>();
    this.paddedWeights.set(value, known);
    const made = known.get(axis) ?? this.pad(value, axis, where);
    known.set(axis, made);
    return made;
  }

  private pad(value: Value, axis: number, where: string): Value {
    const shape = value.shape.map((dim, i) => (i === axis ? Math.ceil(dim / UNIT) * UNIT : dim));
    const attributes = { start: shape.map(() => 0), step: shape.map(() => 1), shape, value: 0 };
    return this.add(OPS.get('pad') as Node['op'], [value], attributes, { where });
  }

  /** A node whose output stands for the node's. */
  private stand(node: Node, inputs: readonly Value[], attributes: unknown): void {
    this.padded.set(node.outputs[0], this.add(node.op, inputs, attributes, node));
  }

  private add(
    op: Node['op'],
    inputs: readonly Value[],
    attributes: unknown,
    { where, merged }: Pick<Node, 'where' | 'merged'>,
  ): Value {
    const [{ dtype, shape }] = op.infer(inputs, attributes as never);
    const output = this.fresh(dtype, shape);
    this.nodes.push({ op, inputs, outputs: [output], attributes, where, merged });
    return output;
  }

  private slice(longer: Value, value: Value, where: string): void {
    const attributes = { start: value.shape.map(() => 0), size: value.shape, step: value.shape.map(() => 1) };
    this.nodes.push({ op: OPS.get('slice') as Node['op'], inputs: [longer], outputs: [value], attributes, where });
  }
}

function columnsOf({ shape }: Value): number {
  return shape[shape.length - 1];
}
