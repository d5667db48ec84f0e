import { alexnetWorkloads } from './alexnet.js';
import { gpt2Workloads } from './gpt2.js';
import { lenetWorkloads } from './lenet.js';
import { mlpWorkloads } from './mlp.js';
import { opWorkloads } from './ops.js';
import { resnetWorkloads } from './resnet.js';
import { sequenceWorkloads } from './sequences.js';
import { vggWorkloads } from './vgg.js';

const ORDER = ['train/', 'infer/', 'op/'];

/** Every workload: trainings, inferences, single ops. */
export const WORKLOADS = [
  ...[mlpWorkloads, lenetWorkloads, alexnetWorkloads, vggWorkloads, resnetWorkloads, sequenceWorkloads, opWorkloads].flat(),
].sort((a, b) => kind(a.name) - kind(b.name));

/** Too large for the table on CPUs. */
export const GPU_WORKLOADS = gpt2Workloads;

function kind(name: string): number {
  return ORDER.findIndex((prefix) => name.startsWith(prefix));
}
