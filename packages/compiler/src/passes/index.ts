import type { Graph } from '../graph.js';
import { commonSubexpressions } from './commonSubexpressions.js';
import { deadCode } from './deadCode.js';
import { foldConstants } from './foldConstants.js';
import { gatherAfterProduct } from './gatherAfterProduct.js';

/** A function from graph to graph that keeps what the graph computes. */
export interface Pass {
  readonly name: string;
  run(graph: Graph): Graph;
}

/** In the order in which they run. */
export const PASSES: readonly Pass[] = [
  { name: 'dead code', run: (graph) => deadCode(graph) },
  { name: 'gather after product', run: gatherAfterProduct },
  { name: 'constant folding', run: foldConstants },
  { name: 'common subexpressions', run: commonSubexpressions },
  { name: 'dead code', run: (graph) => deadCode(graph) },
];
