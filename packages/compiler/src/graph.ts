import type { Cell, Device, DType, Op, Shape } from '@hebb/tensor';

/** A tensor of a graph: what is known of it before it is computed. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** An op applied to values. */
export interface Node {
  readonly op: Op<never>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: unknown;
  /** The line of the program that applied it: "train.ts:12". */
  readonly where: string;
  /** What passes merged into it: "relu (train.ts:14)". */
  readonly merged?: readonly string[];
}

/** What a function of tensors computes, in order. Passes make new graphs; none changes one. */
export interface Graph {
  /** Where everything in it is. */
  readonly device: Device;
  /** Tensors that the caller passes. */
  readonly parameters: readonly Value[];
  /** Variables by the value that they have before the run. */
  readonly variables: ReadonlyMap<Value, Cell>;
  /** Tensors that were made outside, in variables of the graph's own so that they live as long as it. */
  readonly constants: ReadonlyMap<Value, Cell>;
  readonly nodes: readonly Node[];
  /** What the caller gets. */
  readonly results: readonly Value[];
  /** What variables hold after the run. */
  readonly writes: ReadonlyMap<Cell, Value>;
}

/** The values that outlive the run. */
export function roots(graph: Graph): Value[] {
  return [...graph.results, ...graph.writes.values()];
}

/** Makes values that the graph does not have yet. */
export function freshValues(graph: Graph): (dtype: DType, shape: Shape) => Value {
  let last = -1;
  const known = [...graph.parameters, ...graph.variables.keys(), ...graph.constants.keys()];
  for (const values of [known, ...graph.nodes.map(({ outputs }) => outputs)])
    for (const { id } of values) last = Math.max(last, id);
  return (dtype, shape) => ({ id: ++last, dtype, shape });
}

/** How often each value is read, results and writes included. */
export function countUses(graph: Graph): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>();
  const read = (value: Value): void => void uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(read);
  roots(graph).forEach(read);
  return uses;
}

/** A node as the list of merged ones names it. */
export function describeNode({ op, where, merged = [] }: Node): string[] {
  return [...merged, `${op.name} (${where})`];
}

/** The graph with some values in place of others. */
export function substitute(graph: Graph, replacement: ReadonlyMap<Value, Value>, nodes: readonly Node[] = graph.nodes): Graph {
  const final = (value: Value): Value => {
    const next = replacement.get(value);
    return next ? final(next) : value;
  };
  return {
    ...graph,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(final) })),
    results: graph.results.map(final),
    writes: new Map([...graph.writes].map(([cell, value]) => [cell, final(value)])),
  };
}
