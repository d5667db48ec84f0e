import type { Node, Value } from './graph.js';

/** The same nodes, each as early as it was but after those that make its inputs. */
export function ordered(nodes: readonly Node[]): Node[] {
  const maker = makersOf(nodes);
  const done = new Set<Node>();
  const visit = (start: Node): void => {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const missing = node.inputs.map((value) => maker.get(value)).find((made) => made && !done.has(made));
      if (missing) stack.push(missing);
      else done.add(stack.pop() as Node);
    }
  };
  for (const node of nodes) if (!done.has(node)) visit(node);
  return [...done];
}

/** The node that makes each value. */
export function makersOf(nodes: readonly Node[]): Map<Value, Node> {
  return new Map(nodes.flatMap((node) => node.outputs.map((value): [Value, Node] => [value, node])));
}

/** Whether any of these values is computed from what `node` makes. */
export function dependOn(values: readonly Value[], node: Node, maker: ReadonlyMap<Value, Node>): boolean {
  const seen = new Set<Node>();
  const stack = values.map((value) => maker.get(value));
  while (stack.length > 0) {
    const made = stack.pop();
    if (!made || seen.has(made)) continue;
    if (made === node) return true;
    seen.add(made);
    for (const value of made.inputs) stack.push(maker.get(value));
  }
  return false;
}
