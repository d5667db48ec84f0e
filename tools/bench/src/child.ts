// Measures one workload in a process of its own: child.js NAME SECONDS [compile]. Writes the median in milliseconds.
import { compile, type Tensor } from 'hebb';
import { memoryGrowth } from './extra/memory.js';
import { timeRun } from './timing.js';
import type { Workload } from './workload.js';
import { WORKLOADS } from './workloads/index.js';

const [name, seconds, how] = process.argv.slice(2);
const workload = WORKLOADS.find((candidate) => candidate.name === name);
if (name === 'memory') process.stdout.write(JSON.stringify(memoryGrowth()));
else if (workload) process.stdout.write(JSON.stringify(timeRun(prepare(workload), Number(seconds))));
else throw new RangeError(`child: no workload ${name}`);

/** The first run is eager, so that layers and slots are made as ever. */
function prepare(workload: Workload): () => Tensor {
  const run = workload.prepare();
  if (how !== 'compile') return run;
  run().dispose();
  const { runSync } = compile(run);
  return () => runSync(...(run.inputs ?? []));
}
