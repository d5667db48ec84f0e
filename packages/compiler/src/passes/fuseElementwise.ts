import { sameShape, sizeOf } from '@hebb/tensor';
import { type Graph, type Node, roots, type Value } from '../graph.js';
import { computesIn, piecesOf, repeatsAlong } from './elementwise.js';
import { fusedNode, MOST_ARRAYS, MOST_NODES } from './fusedNode.js';
import { fixedValues } from './hoist.js';
import { Units } from './units.js';

type Computed = 'float32' | 'float64' | 'bool';

/**
 * Joins elementwise nodes of one shape that feed each other into one node, which goes over the arrays tile by tile: values in between never
 * reach memory unless somebody else reads them.
 */
export function fuseElementwise(graph: Graph): Graph {
  const fixed = fixedValues(graph);
  const units = new Units(graph.nodes);
  const dtypes = new Map<Node, Computed>();
  for (const node of graph.nodes) {
    const dtype = fusible(node);
    if (!dtype) continue;
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
  const nodes = units.all().flatMap((unit) => {
    if (unit.nodes.length < 2) return unit.nodes;
    const own = new Set(unit.nodes);
    const escapes = (value: Value): boolean => outside.has(value) || (readers.get(value) ?? []).some((node) => !own.has(node));
    // Without outputs nobody needs it.
    return unit.nodes.some(({ outputs }) => escapes(outputs[0])) ? [fusedNode(unit.nodes, escapes)] : [];
  });
  return { ...graph, nodes };
}

/** The dtype of a node that may be fused. */
function fusible(node: Node): Computed | undefined {
  const { op, inputs, outputs } = node;
  if (op.checksValues || outputs.length !== 1 || inputs.length === 0 || sizeOf(outputs[0].shape) === 0) return undefined;
  if (!piecesOf(node) || !inputs.every((value) => repeatsAlong(value, outputs[0].shape) !== undefined)) return undefined;
  return computesIn(node);
}

/** Whether all of these may be fused, compute in one dtype and are few enough. */
function fits(nodes: readonly Node[], dtypes: ReadonlyMap<Node, Computed>): boolean {
  if (nodes.length > MOST_NODES || !nodes.every((node) => dtypes.has(node))) return false;
  const floats = new Set(nodes.map((node) => dtypes.get(node)).filter((dtype) => dtype !== 'bool'));
  return floats.size <= 1 && new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])).size <= MOST_ARRAYS;
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
