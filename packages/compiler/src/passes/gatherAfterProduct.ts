import { type DType, isFloat, OPS, type Shape, sizeOf } from '@hebb/tensor';
import { countUses, freshValues, type Graph, type Node, substitute, type Value } from '../graph.js';
import { deadCode } from './deadCode.js';

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows of a table, gathered along its first axis. */
interface Rows {
  /** [R, D] */
  readonly table: Value;
  readonly indices: Value;
  readonly gathered: Value;
}

/** What moving a row costs, in products: a rewrite has to save more. */
const PRODUCTS_OF_A_MOVE = 16;

/**
 * Products with a table of R rows E instead of with M > R rows gathered from it, E[k] — an embedding and a linear map, and its gradients:
 *
 * E[k]·W + b = (E·W + b)[k],  E[k]ᵀ·G = Eᵀ·scatterAdd(G, k),  scatterAdd(G·W, k) = scatterAdd(G, k)·W
 *
 * Each right side checks the indices as the left one did. Under mixed precision the rows are cast: the table is then.
 */
export function gatherAfterProduct(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const nodes = graph.nodes.flatMap((node) => rewriter.rewrite(node));
  return rewriter.replacement.size === 0
    ? graph
    : deadCode(substitute(graph, rewriter.replacement, nodes), rewriter.checkedElsewhere);
}

class Rewriter {
  readonly replacement = new Map<Value, Value>();
  /** Outputs of gathers whose indices another node checks now. */
  readonly checkedElsewhere = new Set<Value>();
  private readonly maker = new Map<Value, Node>();
  private readonly uses: ReadonlyMap<Value, number>;
  private readonly fresh: (dtype: DType, shape: Shape) => Value;
  private added: Node[] = [];

  constructor(graph: Graph) {
    this.uses = countUses(graph);
    this.fresh = freshValues(graph);
  }

  /** The nodes that take this one's place: itself, unless a rule fits. */
  rewrite(node: Node): readonly Node[] {
    const current = { ...node, inputs: node.inputs.map((value) => this.replacement.get(value) ?? value) };
    this.added = [];
    const value = this.productOfRows(current) ?? this.transposedRows(current) ?? this.scatteredProduct(current);
    if (value) {
      const [output] = node.outputs;
      this.replacement.set(
        output,
        this.reshaped(this.converted(value, output.dtype, current.where), output.shape, current.where),
      );
      return this.added;
    }
    this.remember(current);
    return [current];
  }

  /** E[k]·W + b */
  private productOfRows({ op, inputs: [x, w, ...bias], attributes, where }: Node): Value | undefined {
    if (op.name !== 'matmul' || (attributes as Flags).transposeA || w.shape.length !== 2) return undefined;
    const rows = this.rowsOf(x);
    if (!rows || !saves(rows.table.shape, rows.indices)) return undefined;
    this.checkedElsewhere.add(rows.gathered);
    const product = this.add('matmul', [this.converted(rows.table, x.dtype, where), w, ...bias], attributes, where);
    return this.add('gather', [product, rows.indices], { axis: 0 }, where);
  }

  /** E[k]ᵀ·G or Gᵀ·E[k] */
  private transposedRows({ op, inputs: [a, b], attributes, where }: Node): Value | undefined {
    const flags = attributes as Flags;
    if (op.name !== 'matmul' || !flags.transposeA || flags.transposeB || a.shape.length !== 2 || b.shape.length !== 2)
      return undefined;
    const scatter = (values: Value, { table, indices, gathered }: Rows): Value => {
      this.checkedElsewhere.add(gathered);
      return this.scatter(values, indices, table.shape[0], where);
    };
    const [left, right] = [this.rowsOf(a), this.rowsOf(b)];
    if (left && saves(left.table.shape, left.indices))
      return this.add('matmul', [this.converted(left.table, a.dtype, where), scatter(b, left)], flags, where);
    if (right && saves(right.table.shape, right.indices))
      return this.add('matmul', [scatter(a, right), this.converted(right.table, b.dtype, where)], flags, where);
    return undefined;
  }

  /** scatterAdd(G·W, k) */
  private scatteredProduct({ op, inputs: [values, indices], outputs: [y], attributes, where }: Node): Value | undefined {
    if (op.name !== 'scatterAdd' || (attributes as { axis: number }).axis !== 0 || y.shape.length !== 2) return undefined;
    const product = this.maker.get(this.source(values, 1));
    if (product?.op.name !== 'matmul' || product.inputs.length !== 2 || this.uses.get(product.outputs[0]) !== 1) return undefined;
    const [g, w] = product.inputs;
    const flags = product.attributes as Flags;
    const [result] = product.outputs;
    if (flags.transposeA || w.shape.length !== 2 || result.shape[result.shape.length - 1] !== y.shape[1]) return undefined;
    if (!saves(y.shape, indices)) return undefined;
    const columns = g.shape[g.shape.length - 1];
    const flat = this.reshaped(g, [sizeOf(g.shape.slice(0, -1)), columns], where);
    return this.add('matmul', [this.scatter(flat, indices, y.shape[0], where), w], flags, where);
  }

  /** values [M, K] added up in `rows` rows at the indices. */
  private scatter(values: Value, indices: Value, rows: number, where: string): Value {
    const flat = this.reshaped(indices, [sizeOf(indices.shape)], where);
    return this.add('scatterAdd', [values, flat], { axis: 0, shape: [rows, values.shape[1]] }, where);
  }

  /** The rows that a value is, under whatever shape with the same last axis. */
  private rowsOf(value: Value): Rows | undefined {
    const gathered = this.source(value);
    const node = this.maker.get(gathered);
    if (node?.op.name !== 'gather' || (node.attributes as { axis: number }).axis !== 0) return undefined;
    const [table, indices] = node.inputs;
    return table.shape.length === 2 && value.shape[value.shape.length - 1] === table.shape[1]
      ? { table, indices, gathered }
      : undefined;
  }

  /** The value that this one is another shape or precision of, through values that nobody else uses where `mostUses` says so. */
  private source(value: Value, mostUses = Infinity): Value {
    const node = this.maker.get(value);
    const same =
      node?.op.name === 'reshape' || (node?.op.name === 'cast' && isFloat(node.inputs[0].dtype) && isFloat(value.dtype));
    return node && same && (this.uses.get(value) ?? 0) <= mostUses ? this.source(node.inputs[0], mostUses) : value;
  }

  private converted(value: Value, dtype: DType, where: string): Value {
    return value.dtype === dtype ? value : this.add('cast', [value], dtype, where);
  }

  private reshaped(value: Value, shape: Shape, where: string): Value {
    return value.shape.join() === shape.join() ? value : this.add('reshape', [value], shape, where);
  }

  private add(name: string, inputs: readonly Value[], attributes: unknown, where: string): Value {
    const op = OPS.get(name) as Node['op'];
    const outputs = op.infer(inputs, attributes as never).map(({ dtype, shape }) => this.fresh(dtype, shape));
    const node = { op, inputs, outputs, attributes, where };
    this.added.push(node);
    this.remember(node);
    return outputs[0];
  }

  private remember(node: Node): void {
    for (const value of node.outputs) this.maker.set(value, node);
  }
}

/** Whether a product with a table and not with as many of its rows as there are indices saves more than moving the results costs. */
function saves([rows, features]: Shape, indices: Value): boolean {
  const count = sizeOf(indices.shape);
  return (count - rows) * features > count * PRODUCTS_OF_A_MOVE;
}
