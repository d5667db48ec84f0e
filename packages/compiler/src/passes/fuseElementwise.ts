import { isHalf, sameShape, sizeOf, wideDType } from '@hebb/tensor';
import { type Graph, type Node, roots, type Value } from '../graph.js';
import { computesIn, piecesOf, repeatsAlong } from './elementwise.js';
import { fusedNode, MOST_ARRAYS, MOST_NODES } from './fusedNode.js';
import { fixedValues } from './hoist.js';
import { MOST_SUMS, sameForm, sumForm } from './sums.js';
import { Units } from './units.js';

/**
 * Elements of a single node's output from which on its sum is worth joining it: where others read the output too, the sum would find it in
 * the cache otherwise.
 */
const LEAST_SUMMED = { alone: 1 << 14, read: 1 << 20 };

type Computed = 'float32' | 'float64' | 'bool';

/**
 * Joins elementwise nodes of one shape that feed each other, and sums and means of what they make, into one node, which goes over the
 * arrays tile by tile: values in between never reach memory unless somebody else reads them.
 */
export function fuseElementwise(graph: Graph): Graph {
  const fixed = fixedValues(graph);
  const units = new Units(graph.nodes);
  const dtypes = new Map<Node, Computed>();
  for (const node of graph.nodes) {
    const dtype = fusible(node);
    if (!dtype || (graph.device === 'cpu' && hasHalves(node))) continue;
    dtypes.set(node, dtype);
    const [output] = node.outputs;
    for (const value of node.inputs) {
      const [made, unit] = [units.makerOf(value), units.of(node)];
      if (!made || made === unit || !sameShape(value.shape, output.shape) || fixed.has(value) !== fixed.has(output)) continue;
      const all = [...made.nodes, ...unit.nodes];
      if (fits(all, dtypes)) units.join(made, unit);
    }
  }
  const outside = new Set<Value>(roots(graph));
  const readers = readersOf(graph.nodes);
  const alone = (value: Value): boolean => !outside.has(value) && readers.get(value)?.length === 1;
  joinSums(graph.nodes, units, dtypes, fixed, alone);
  const nodes = units.all().flatMap((unit) => {
    if (unit.nodes.length < 2) return unit.nodes;
    const own = new Set(unit.nodes);
    const escapes = (value: Value): boolean => outside.has(value) || (readers.get(value) ?? []).some((node) => !own.has(node));
    // Without outputs nobody needs it.
    return unit.nodes.some(({ outputs }) => escapes(outputs[0])) ? [fusedNode(unit.nodes, escapes)] : [];
  });
  return { ...graph, nodes };
}

/** Lets units make the sums of their values. Elementwise nodes are joined before, so that no sum keeps two of them apart. */
function joinSums(
  nodes: readonly Node[],
  units: Units,
  dtypes: ReadonlyMap<Node, Computed>,
  fixed: ReadonlySet<Value>,
  alone: (value: Value) => boolean,
): void {
  for (const node of nodes) {
    if (!sumForm(node)) continue;
    const [[value], [output]] = [node.inputs, node.outputs];
    const made = units.makerOf(value);
    if (made?.nodes.length === 1 && sizeOf(value.shape) < LEAST_SUMMED[alone(value) ? 'alone' : 'read']) continue;
    if (!made || !dtypes.has(made.nodes[0]) || fixed.has(value) !== fixed.has(output)) continue;
    const sums = [...made.nodes.filter((other) => !dtypes.has(other)), node];
    const computed = new Set([...made.nodes.flatMap((other) => dtypes.get(other) ?? []), wideDType(value.dtype)]);
    computed.delete('bool');
    if (sums.length <= MOST_SUMS && sameForm(sums) && computed.size === 1 && few([...made.nodes, node]))
      units.join(made, units.of(node));
  }
}

/** The dtype of a node that may be fused. */
function fusible(node: Node): Computed | undefined {
  const { op, inputs, outputs } = node;
  if (op.checksValues || outputs.length !== 1 || inputs.length === 0 || sizeOf(outputs[0].shape) === 0) return undefined;
  if (!piecesOf(node) || !inputs.every((value) => repeatsAlong(value, outputs[0].shape) !== undefined)) return undefined;
  return computesIn(node);
}

/** Whether it reads or makes 16 bits: the CPU would widen and round whole tiles of them, which costs what the joining saves. */
function hasHalves({ inputs, outputs }: Node): boolean {
  return [...inputs, ...outputs].some(({ dtype }) => isHalf(dtype));
}

/** Whether all of these may be fused, compute in one dtype and are few enough. */
function fits(nodes: readonly Node[], dtypes: ReadonlyMap<Node, Computed>): boolean {
  if (!few(nodes) || !nodes.every((node) => dtypes.has(node))) return false;
  return new Set(nodes.map((node) => dtypes.get(node)).filter((dtype) => dtype !== 'bool')).size <= 1;
}

function few(nodes: readonly Node[]): boolean {
  const arrays = new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  return nodes.length <= MOST_NODES && arrays.size <= MOST_ARRAYS;
}

function readersOf(nodes: readonly Node[]): ReadonlyMap<Value, readonly Node[]> {
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) {
    for (const value of node.inputs) {
      const known = readers.get(value);
      if (known) known.push(node);
      else readers.set(value, [node]);
    }
  }
  return readers;
}
