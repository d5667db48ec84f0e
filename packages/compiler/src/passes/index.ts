import type { Graph } from '../graph.js';
import { commonSubexpressions } from './commonSubexpressions.js';
import { deadCode } from './deadCode.js';
import { dropIdentities } from './dropIdentities.js';
import { foldConstants } from './foldConstants.js';
import { foldScales } from './foldScales.js';
import { fuseBatchNorm } from './fuseBatchNorm.js';
import { fuseElementwise } from './fuseElementwise.js';
import { fuseEpilogues } from './fuseEpilogues.js';
import { fusePoolGradients } from './fusePoolGradients.js';
import { gatherAfterProduct } from './gatherAfterProduct.js';
import { groupUpdates } from './groupUpdates.js';
import { packFilters } from './packFilters.js';
import { padClasses } from './padClasses.js';

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
  { name: 'identities', run: (graph) => dropIdentities(graph) },
  { name: 'common subexpressions', run: commonSubexpressions },
  { name: 'identities of checkpoints', run: (graph) => dropIdentities(graph, true) },
  { name: 'dead code', run: (graph) => deadCode(graph) },
  { name: 'padding of classes', run: padClasses },
  { name: 'folding of scales', run: foldScales },
  { name: 'fusion of epilogues', run: fuseEpilogues },
  { name: 'fusion of pools', run: fusePoolGradients },
  { name: 'fusion of batch normalisation', run: fuseBatchNorm },
  { name: 'fusion of elementwise ops', run: fuseElementwise },
  { name: 'grouping of updates', run: groupUpdates },
  { name: 'packing of filters', run: packFilters },
  { name: 'dead code', run: (graph) => deadCode(graph) },
];
