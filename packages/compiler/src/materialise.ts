import { OPS } from '@hebb/tensor';
import { freshValues, type Graph, type Node, type Value } from './graph.js';

/**
 * Makes every result and every value written to a variable the output of a node of its own, by copying those that are not: a variable
 * that is returned, another shape of something, one value in two places. Results so never share memory with anything.
 */
export function materialise(graph: Graph): Graph {
  const copy = OPS.get('copy') as Node['op'];
  const made = new Set<Value>(graph.nodes.flatMap(({ op, outputs }) => (op.alias ? [] : outputs)));
  const fresh = freshValues(graph);
  const taken = new Set<Value>();
  const copies: Node[] = [];
  const own = (value: Value): Value => {
    if (made.has(value) && !taken.has(value)) {
      taken.add(value);
      return value;
    }
    const output = fresh(value.dtype, value.shape);
    copies.push({ op: copy, inputs: [value], outputs: [output], attributes: undefined, where: 'end of the step' });
    return output;
  };
  // Variables first: theirs can then be computed in place.
  const writes = new Map([...graph.writes].map(([cell, value]) => [cell, own(value)]));
  const results = graph.results.map(own);
  return { ...graph, nodes: [...graph.nodes, ...copies], results, writes };
}
