import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HebbError } from 'hebb';
import type { Mode, Options } from './options.js';
import { lastWords, runProcess } from './processes.js';

/** Beside the repository; this file is tools/bench/dist/pytorch.js. */
const DEFAULT_FOLDER = fileURLToPath(new URL('../../../../shared/bench', import.meta.url));

/** glibc's malloc keeps what is freed: WORKLOADS.md calls this a tuned PyTorch. */
const KEPT_HEAP = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '100000000000', MALLOC_TOP_PAD_: '268435456' };

interface Line {
  name: string;
  ms: number;
}

/** @throws HebbError `argument` when pytorch_bench.py or PyTorch is missing; says what to do. Returns PyTorch's version. */
export async function findPyTorch(python: string): Promise<string> {
  const script = scriptPath();
  if (!existsSync(script)) {
    throw new HebbError(
      'argument',
      `--peer pytorch: ${script} is missing; set HEBB_BENCH to the folder that holds pytorch_bench.py.`,
    );
  }
  const output = await runProcess(python, ['-c', 'import torch; print(torch.__version__)']);
  if (output.status === 0) return output.stdout.trim();
  throw new HebbError(
    'argument',
    `--peer pytorch: ${python} has no PyTorch: python3 -m venv VENV && VENV/bin/pip install torch==2.13.0 numpy, then ` +
      `--python VENV/bin/python or HEBB_PYTHON.\n${lastWords(output)}`,
  );
}

/** The name of what PyTorch has to run to measure a workload: single ops come all together. */
export function pytorchGroup(name: string): string {
  return name.startsWith('op/') ? 'op/' : name;
}

/** PyTorch's times in milliseconds of the workloads of a group, by name, from one process. */
export async function measurePyTorch(group: string, mode: Mode, options: Options): Promise<ReadonlyMap<string, number>> {
  const stdout = await runPyTorch([scriptPath()], group, mode, options);
  return new Map(stdout.split('\n').flatMap(lineOf));
}

/** Runs the script and then tells the most memory that the process has held. */
const WITH_MEMORY =
  'import resource, runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__"); ' +
  'print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)';

/** Megabytes that PyTorch's process has held at most, running this workload. */
export async function peakMemoryOfPyTorch(name: string, mode: Mode, options: Options): Promise<number> {
  const stdout = await runPyTorch(['-c', WITH_MEMORY, scriptPath()], name, mode, options);
  return Number(stdout.trim().split('\n').pop()) / 1e3;
}

async function runPyTorch(
  script: readonly string[],
  group: string,
  mode: Mode,
  { python, seconds, threads, bf16 }: Options,
): Promise<string> {
  const args = [...script, '--only', group, '--seconds', String(seconds), '--threads', String(threads)];
  if (mode === 'channels_last' || mode === 'compile') args.push(`--${mode}`);
  if (bf16) args.push('--bf16');
  const output = await runProcess(python, args, mode === 'heap' || mode === 'channels_last' ? KEPT_HEAP : {});
  if (output.status !== 0) throw new HebbError('internal', `bench: PyTorch failed in ${group}: ${lastWords(output)}`);
  return output.stdout;
}

function scriptPath(): string {
  return join(process.env.HEBB_BENCH ?? DEFAULT_FOLDER, 'pytorch_bench.py');
}

function lineOf(text: string): [string, number][] {
  if (!text.startsWith('{')) return [];
  const { name, ms }: Line = JSON.parse(text);
  return [[name, ms]];
}
