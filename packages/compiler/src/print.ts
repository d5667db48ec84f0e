import type { Cell } from '@hebb/tensor';
import { showAttributes } from './attributes.js';
import type { Graph, Value } from './graph.js';

/** A graph as text, a line a node: "%4 = matmul %0 %2 → float32 [10, 4]   // train.ts:12". */
export function printGraph(graph: Graph): string {
  const name = (value: Value): string => `%${value.id}`;
  const form = ({ dtype, shape }: Value): string => `${dtype} [${shape.join(', ')}]`;
  const lines = [
    ...graph.parameters.map((value, i) => `${name(value)} = argument ${i} ${form(value)}`),
    ...[...graph.variables].map(([value, cell]) => `${name(value)} = variable ${cellName(cell)} ${form(value)}`),
    ...[...graph.constants].map(([value]) => `${name(value)} = constant ${form(value)}`),
    ...graph.nodes.map(
      ({ op, inputs, outputs, attributes, where }) =>
        `${outputs.map(name).join(', ')} = ${[op.name, ...inputs.map(name)].join(' ')}${attributes === undefined ? '' : ` ${showAttributes(attributes)}`} → ${outputs.map(form).join(', ')}   // ${where}`,
    ),
    ...[...graph.writes].map(([cell, value]) => `${cellName(cell)} ← ${name(value)}`),
    `return ${graph.results.map(name).join(', ')}`,
  ];
  return lines.join('\n');
}

/** What passes merged, a line a node: "conv2d (net.ts:3) ← add (net.ts:4), relu (net.ts:5)". */
export function fusionsOf(graph: Graph): string[] {
  const counts = new Map<string, number>();
  for (const { op, where, merged = [] } of graph.nodes) {
    const line = `${op.name} (${where}) ← ${merged.join(', ')}`;
    if (merged.length > 0) counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line}   × ${count}`));
}

/** A graph in the DOT language, for Graphviz: ops with their line of the program, what they read, results and writes to variables. */
export function graphToDot(graph: Graph): string {
  const lines = graph.nodes.map(
    ({ op, outputs, where }, i) =>
      `  n${i} [label=${JSON.stringify(`${op.name}\n${outputs[0]?.dtype} [${outputs[0]?.shape.join(', ')}]\n${where}`)}];`,
  );
  const maker = new Map<Value, string>(graph.nodes.flatMap((node, i) => node.outputs.map((value) => [value, `n${i}`] as const)));
  const source = (value: Value, label: string): void => {
    maker.set(value, `v${value.id}`);
    lines.push(`  v${value.id} [shape=box, label=${JSON.stringify(label)}];`);
  };
  graph.parameters.forEach((value, i) => void source(value, `argument ${i}`));
  for (const [value, cell] of graph.variables) source(value, cellName(cell));
  for (const [value] of graph.constants) source(value, 'constant');
  graph.nodes.forEach((node, i) => void lines.push(...node.inputs.map((value) => `  ${maker.get(value)} -> n${i};`)));
  graph.results.forEach(
    (value, i) => void lines.push(`  r${i} [shape=box, label="result ${i}"];`, `  ${maker.get(value)} -> r${i};`),
  );
  [...graph.writes].forEach(
    ([cell, value], i) =>
      void lines.push(
        `  w${i} [shape=box, label=${JSON.stringify(`${cellName(cell)} after the step`)}];`,
        `  ${maker.get(value)} -> w${i};`,
      ),
  );
  return `digraph step {\n${lines.join('\n')}\n}\n`;
}

function cellName(cell: Cell): string {
  return 'name' in cell && typeof cell.name === 'string' ? cell.name : 'unnamed';
}
