import { showAttributes } from '../attributes.js';
import { describeNode, type Graph, type Node, type Value } from '../graph.js';

/** Scalars that every parameter of an update shares: the learning rate, and Adam's step. They stand last. */
const SCALARS: Readonly<Record<string, number>> = { sgdUpdate: 1, adamUpdate: 2 };
/** Parameters in one command: four inputs each must fit. */
const MOST = 250;

/** Updates all parameters of an optimizer in one pass instead of one after another. */
export function groupUpdates(graph: Graph): Graph {
  const replaced = new Map<Node, Node | undefined>();
  for (const group of groupsOf(graph.nodes)) {
    if (group.length < 2) continue;
    for (const node of group) replaced.set(node, undefined);
    replaced.set(group[group.length - 1], joined(group));
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : [node])) };
}

/** Updates that agree in options and scalars. A group ends where one of its results is read, since all of them wait for the last. */
function groupsOf(nodes: readonly Node[]): Node[][] {
  const groups: Node[][] = [];
  const open = new Map<string, Node[]>();
  const keyOf = new Map<Value, string>();
  for (const node of nodes) {
    for (const value of node.inputs) {
      const key = keyOf.get(value);
      if (key !== undefined && open.get(key)?.some(({ outputs }) => outputs.includes(value))) open.delete(key);
    }
    const scalars = SCALARS[node.op.name];
    if (!scalars) continue;
    const shared = node.inputs.slice(-scalars).map(({ id }) => id);
    const key = [node.op.name, node.inputs.length, node.inputs[0].dtype, ...shared, showAttributes(node.attributes)].join(' ');
    const group = open.get(key);
    if (group && group.length < MOST) group.push(node);
    else groups.push(open.set(key, [node]).get(key) as Node[]);
    for (const value of node.outputs) keyOf.set(value, key);
  }
  return groups;
}

function joined(group: readonly Node[]): Node {
  const [first] = group;
  const per = first.inputs.length - SCALARS[first.op.name];
  const made = first.outputs.length;
  const pairs = first.op.inPlace ?? [];
  const inPlace = group.flatMap((_, k) => pairs.map(([output, input]) => [k * made + output, k * per + input] as const));
  return {
    op: { ...first.op, inPlace },
    inputs: [...group.flatMap(({ inputs }) => inputs.slice(0, per)), ...first.inputs.slice(per)],
    outputs: group.flatMap(({ outputs }) => outputs),
    attributes: first.attributes,
    where: first.where,
    merged: group.slice(1).flatMap(describeNode),
  };
}
