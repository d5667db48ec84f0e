import type { Cell, DType, Op, Shape } from '@hebb/tensor';

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
}

/** What a function of tensors computes, in order. Passes make new graphs; none changes one. */
export interface Graph {
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

/** Numbers for values that are added to a graph. */
export function freshIds({ parameters, variables, constants, nodes }: Graph): () => number {
  let last = -1;
  for (const { id } of [...parameters, ...variables.keys(), ...constants.keys()]) last = Math.max(last, id);
  for (const { outputs } of nodes) for (const { id } of outputs) last = Math.max(last, id);
  return () => ++last;
}

/** How often a value is an input or outlives the run. */
export function usesOf(graph: Graph): (value: Value) => number {
  const uses = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...roots(graph)])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  return (value) => uses.get(value) ?? 0;
}
