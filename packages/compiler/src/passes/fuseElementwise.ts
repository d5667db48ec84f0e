import { sameShape, sizeOf } from '@hebb/tensor';
import { type Graph, type Node, roots, type Value } from '../graph.js';
import { makersOf, ordered } from '../order.js';
import { computesIn, piecesOf, repeatsAlong } from './elementwise.js';
import { fusedNode, MOST_ARRAYS, MOST_NODES } from './fusedNode.js';
import { fixedValues } from './hoist.js';

/** Elementwise nodes that become one. */
interface Group {
  readonly nodes: Set<Node>;
  readonly dtype: 'float32' | 'float64' | 'bool';
  /** Whether hoisting can take it out of the step. */
  readonly fixed: boolean;
}

/**
 * Joins elementwise nodes of one shape that feed each other into one node, which goes over the arrays tile by tile: values in between never
 * reach memory unless somebody else reads them.
 */
export function fuseElementwise(graph: Graph): Graph {
  const maker = makersOf(graph.nodes);
  const fixed = fixedValues(graph);
  const groupOf = new Map<Node, Group>();
  const outside = new Set<Value>(roots(graph));
  for (const node of graph.nodes) {
    const dtype = fusible(node);
    if (!dtype) continue;
    groupOf.set(node, { nodes: new Set([node]), dtype, fixed: fixed.has(node.outputs[0]) });
    for (const value of node.inputs) {
      const made = maker.get(value);
      if (made && groupOf.has(made) && sameShape(value.shape, node.outputs[0].shape)) join(made, node);
    }
  }
  const readers = readersOf(graph.nodes);
  const replaced = new Map<Node, Node | undefined>();
  for (const { nodes } of new Set(groupOf.values())) {
    if (nodes.size < 2) continue;
    const inOrder = graph.nodes.filter((node) => nodes.has(node));
    const escapes = (value: Value): boolean => outside.has(value) || (readers.get(value) ?? []).some((node) => !nodes.has(node));
    for (const node of inOrder) replaced.set(node, undefined);
    // Without outputs nobody needs it.
    if (inOrder.some(({ outputs }) => escapes(outputs[0])))
      replaced.set(inOrder[inOrder.length - 1], fusedNode(inOrder, escapes));
  }
  const nodes = graph.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : [node]));
  return { ...graph, nodes: ordered(nodes) };

  function join(a: Node, b: Node): void {
    const [one, other] = [groupOf.get(a) as Group, groupOf.get(b) as Group];
    if (one === other || !alike(one, other)) return;
    const all = new Set([...one.nodes, ...other.nodes]);
    if (all.size > MOST_NODES || arraysOf(all) > MOST_ARRAYS || leavesAndReturns(all)) return;
    const joined: Group = { ...(one.dtype === 'bool' ? other : one), nodes: all };
    for (const node of all) groupOf.set(node, joined);
  }

  /** Whether a path leaves these nodes and comes back: they could then not run as one. Other groups run as one too. */
  function leavesAndReturns(nodes: ReadonlySet<Node>): boolean {
    const seen = new Set<Node>();
    const stack = [...nodes].flatMap(({ inputs }) => makers(inputs)).filter((node) => !nodes.has(node));
    while (stack.length > 0) {
      const node = stack.pop() as Node;
      if (nodes.has(node)) return true;
      if (seen.has(node)) continue;
      const whole = groupOf.get(node)?.nodes ?? [node];
      for (const part of whole) {
        seen.add(part);
        stack.push(...makers(part.inputs).filter((made) => !seen.has(made)));
      }
    }
    return false;
  }

  function makers(values: readonly Value[]): Node[] {
    return values.flatMap((value) => maker.get(value) ?? []);
  }
}

/** The dtype of a node that may be fused. */
function fusible(node: Node): Group['dtype'] | undefined {
  const { op, inputs, outputs } = node;
  if (op.checksValues || outputs.length !== 1 || inputs.length === 0 || sizeOf(outputs[0].shape) === 0) return undefined;
  if (!piecesOf(node) || !inputs.every((value) => repeatsAlong(value, outputs[0].shape) !== undefined)) return undefined;
  return computesIn(node);
}

function alike(a: Group, b: Group): boolean {
  if (a.fixed !== b.fixed) return false;
  return a.dtype === b.dtype || a.dtype === 'bool' || b.dtype === 'bool';
}

function arraysOf(nodes: ReadonlySet<Node>): number {
  return new Set([...nodes].flatMap(({ inputs, outputs }) => [...inputs, ...outputs])).size;
}

function readersOf(nodes: readonly Node[]): ReadonlyMap<Value, readonly Node[]> {
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) for (const value of node.inputs) readers.set(value, [...(readers.get(value) ?? []), node]);
  return readers;
}
