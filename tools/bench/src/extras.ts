import { HebbError } from 'hebb';
import { measureHebb, measureStart } from './hebb.js';
import type { Options } from './options.js';
import { withProgress } from './progress.js';
import { peakMemoryOfPyTorch } from './pytorch.js';
import { undisturbed } from './quiet.js';

/** A figure that is no time of a workload. */
export interface Extra {
  readonly name: string;
  readonly unit: 'ms' | 'MB';
  readonly what: string;
  readonly target: string;
  /** The figure, and what else there is to say of it. */
  measure(options: Options): Promise<{ value: number; note?: string }>;
}

/** Measured in a process of its own, by child.ts under the same name. */
const inChild = (name: string) => async (options: Options) => ({
  value: await undisturbed(() => measureHebb(name, { ...options, seconds: 0 })),
});

export const EXTRAS: readonly Extra[] = [
  {
    name: 'start',
    unit: 'ms',
    what: 'from a new process to the end of its first training step',
    target: '≤ 600 ms',
    measure: async ({ threads }) => {
      const { ms, low, high } = await measureStart(threads);
      return { value: ms, note: `${low.toFixed(0)}–${high.toFixed(0)}` };
    },
  },
  {
    name: 'memory',
    unit: 'MB',
    what: 'growth in 20,000 eager training steps that never yield',
    target: '< 64 MB',
    measure: inChild('memory'),
  },
  {
    name: 'pause',
    unit: 'ms',
    what: 'the longest pause of the event loop in 20 compiled steps of train/resnet18-224-b8-sgdm',
    target: '≤ 20 ms',
    measure: inChild('pause'),
  },
  {
    name: 'compile-time',
    unit: 'ms',
    what: 'compiling the step of train/resnet50-224-b4-sgdm',
    target: '≤ 3000 ms',
    measure: inChild('compile-time'),
  },
  {
    name: 'peak-memory',
    unit: 'MB',
    what: 'resident memory at most in ten compiled steps of train/resnet50-224-b4-sgdm, the process included',
    target: "at most PyTorch's",
    measure: async (options) => {
      const { value } = await inChild('peak-memory')(options);
      if (!options.peer) return { value };
      const notes: string[] = [];
      for (const mode of options.modes) {
        const megabytes = await peakMemoryOfPyTorch('train/resnet50-224-b4-sgdm', mode, options);
        notes.push(`PyTorch ${mode} ${megabytes.toFixed(0)} MB`);
      }
      return { value, note: notes.join(', ') };
    },
  },
];

/** One line on an extra. @throws HebbError `internal` when its process fails. */
export async function extraLine(extra: Extra, options: Options): Promise<string> {
  const { name, unit, what, target } = extra;
  const { value, note } = await withProgress(name, () => extra.measure(options));
  if (!Number.isFinite(value)) throw new HebbError('internal', `bench: ${name} gave no figure.`);
  if (options.json) return JSON.stringify({ name, peer: 'hebb', [unit === 'ms' ? 'ms' : 'megabytes']: Number(value.toFixed(1)) });
  return `${name}: ${value.toFixed(1)} ${unit}${note ? ` (${note})` : ''}: ${what}; target ${target}`;
}
