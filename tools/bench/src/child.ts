// Measures one workload in a process of its own: child.js NAME SECONDS [eager|compile [bf16]] [--device cuda] [--batch N] [--image N]
// [--layers N] [--width N] [--context N].
// Writes the median in milliseconds.
import { parseArgs } from 'node:util';
import { compile, type Device, setDefaultDevice, setPolicy, type Tensor } from 'hebb';
import { compileTime } from './extra/compileTime.js';
import { memoryGrowth } from './extra/memory.js';
import { longestPause } from './extra/pause.js';
import { peakMemory } from './extra/peakMemory.js';
import { timeRun } from './timing.js';
import type { Size, Workload } from './workload.js';
import { GPU_WORKLOADS, WORKLOADS } from './workloads/index.js';

/** Seconds, on a GPU. */
const WARM_UP = 3;
const SIZES = ['batch', 'image', 'layers', 'width', 'context'] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'cpu' },
    ...Object.fromEntries(SIZES.map((size) => [size, { type: 'string' as const }])),
  },
});
const [name, seconds, how, precision] = positionals;
setDefaultDevice(values.device as Device);
if (precision === 'bf16') setPolicy('mixed_bfloat16');
const named = (wanted: string): Workload | undefined =>
  [...WORKLOADS, ...GPU_WORKLOADS].find((candidate) => candidate.name === wanted);
const resnet18 = () => named('train/resnet18-224-b8-sgdm') as Workload;
const resnet50 = () => named('train/resnet50-224-b4-sgdm') as Workload;
const EXTRAS: Readonly<Record<string, () => number | Promise<number>>> = {
  memory: memoryGrowth,
  pause: () => longestPause(resnet18()),
  'compile-time': () => compileTime(resnet50()),
  'peak-memory': () => peakMemory(resnet50()),
};
const workload = named(name);
const extra = EXTRAS[name];
if (extra) process.stdout.write(JSON.stringify(await extra()));
else if (workload)
  process.stdout.write(JSON.stringify(timeRun(prepare(workload), Number(seconds), values.device === 'cpu' ? 0 : WARM_UP)));
else throw new RangeError(`child: no workload ${name}`);

/** The first run is eager, so that layers and slots are made as ever. */
function prepare(workload: Workload): () => Tensor {
  const run = workload.prepare(size());
  if (how !== 'compile') return run;
  run().dispose();
  const { runSync } = compile(run);
  return () => runSync(...(run.inputs ?? []));
}

/** What the command line says of the workload's size; the definition's own where it says nothing. */
function size(): Size {
  const given: Record<string, unknown> = values;
  return Object.fromEntries(SIZES.flatMap((name) => (given[name] === undefined ? [] : [[name, Number(given[name])]])));
}
