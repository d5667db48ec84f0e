import { describeNode, type Graph, type Node, type Value } from '../graph.js';

/** Scalars that every parameter of an update shares: the learning rate, and Adam's step. They stand last. */
const SCALARS: Readonly<Record<string, number>> = { sgdUpdate: 1, adamUpdate: 2 };
/** Parameters in one command: four inputs each must fit. */
const MOST = 250;

/** Updates all parameters of an optimizer in one pass instead of one after another. */
export function groupUpdates(graph: Graph): Graph {
  const groups = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    const scalars = SCALARS[node.op.name];
    if (!scalars) continue;
    const shared = node.inputs.slice(-scalars).map(({ id }) => id);
    const key = [node.op.name, node.inputs.length, node.inputs[0].dtype, ...shared, JSON.stringify(node.attributes)].join(' ');
    const open = groups.get(key);
    // A group that is full is kept under a name of its own.
    if (open && open.length === MOST) groups.set(`${key} ${groups.size}`, open);
    groups.set(key, open && open.length < MOST ? [...open, node] : [node]);
  }
  const replaced = new Map<Node, Node | undefined>();
  for (const group of groups.values()) {
    if (group.length < 2 || !joinable(graph, group)) continue;
    for (const node of group) replaced.set(node, undefined);
    replaced.set(group[group.length - 1], joined(group));
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : [node])) };
}

/** Whether all updates can wait for the last: nobody reads a new value before. */
function joinable({ nodes }: Graph, group: readonly Node[]): boolean {
  const made = new Set<Value>(group.flatMap(({ outputs }) => outputs));
  const last = nodes.indexOf(group[group.length - 1]);
  return !nodes.slice(0, last + 1).some(({ inputs }) => inputs.some((value) => made.has(value)));
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
