// Measures one workload in a process of its own: child.js NAME SECONDS. Writes the median in milliseconds.
import { memoryGrowth } from './extra/memory.js';
import { timeRun } from './timing.js';
import { WORKLOADS } from './workloads/index.js';

const [name, seconds] = process.argv.slice(2);
const workload = WORKLOADS.find((candidate) => candidate.name === name);
if (name === 'memory') process.stdout.write(JSON.stringify(memoryGrowth()));
else if (workload) process.stdout.write(JSON.stringify(timeRun(workload.prepare(), Number(seconds))));
else throw new RangeError(`child: no workload ${name}`);
