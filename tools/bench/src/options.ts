import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { HebbError } from 'hebb';

/**
 * How PyTorch runs. `heap`: eager, keeping freed memory, which spares it page faults; `channels_last`: the same with images in that layout;
 * `compile`: torch.compile of the model.
 */
export const MODES = ['eager', 'heap', 'channels_last', 'compile'] as const;
export type Mode = (typeof MODES)[number];

export interface Options {
  /** Part of the names of the cases to run; '' for all. */
  only: string;
  json: boolean;
  /** Seconds of timing a case, or a round of it. */
  seconds: number;
  threads: number;
  peer: 'pytorch' | undefined;
  /** The Python that has PyTorch. */
  python: string;
  rounds: number;
  modes: readonly Mode[];
  profile: boolean;
  /** Whether Hebb runs its steps compiled. */
  compile: boolean;
  /** Whether both sides compute in mixed bfloat16. */
  bf16: boolean;
}

export const USAGE = `usage: npm run bench -- [options]
  --only NAME      cases whose name contains NAME (all): train/…, infer/…, op/…, start, memory, pause, compile-time,
                   peak-memory
  --seconds S      seconds of timing a case, or a round of it (5; with a peer 2)
  --threads N      threads of both sides (one a core)
  --peer pytorch   PyTorch beside Hebb, in alternating rounds
  --python PATH    the Python that has PyTorch (HEBB_PYTHON, then python3)
  --rounds R       rounds with a peer, from 5 (5)
  --modes LIST     of PyTorch: ${MODES.join(', ')} (eager,heap)
  --profile        time by op instead
  --compile        Hebb's steps and inferences compiled (eager)
  --bf16           both sides in mixed bfloat16
  --json           one JSON line a case: {"name","peer","per_s","ms"}
  --help           this text
pytorch_bench.py is looked for in HEBB_BENCH, then in ../shared/bench.`;

const FLAGS = {
  only: { type: 'string', default: '' },
  seconds: { type: 'string' },
  threads: { type: 'string' },
  peer: { type: 'string' },
  python: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  modes: { type: 'string', default: 'eager,heap' },
  profile: { type: 'boolean', default: false },
  compile: { type: 'boolean', default: false },
  bf16: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws HebbError `argument` for options that are unknown or out of range. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { peer } = values;
  if (peer !== undefined && peer !== 'pytorch') throw refused('--peer', 'pytorch', peer);
  if (values.profile && (peer || values.compile))
    throw new HebbError('argument', '--profile: expected no --peer or --compile beside it.');
  return {
    only: values.only,
    json: values.json,
    seconds: positive('--seconds', values.seconds ?? (peer ? '2' : '5')),
    threads: whole('--threads', values.threads ?? String(availableParallelism()), 1, 1024),
    peer,
    python: values.python ?? process.env.HEBB_PYTHON ?? 'python3',
    rounds: whole('--rounds', values.rounds, 5, 1000),
    modes: modesOf(values.modes),
    profile: values.profile,
    compile: values.compile,
    bf16: values.bf16,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new HebbError('argument', `${(error as Error).message}\n\n${USAGE}`);
  }
}

function modesOf(text: string): Mode[] {
  return text.split(',').map((name) => {
    const mode = MODES.find((known) => known === name.trim());
    if (!mode) throw refused('--modes', `some of ${MODES.join(', ')}`, text);
    return mode;
  });
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most || text.trim() === '') {
    throw refused(option, `a whole number from ${least} to ${most}`, text);
  }
  return value;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw refused(option, 'a number above 0', text);
  return value;
}

function refused(option: string, expected: string, received: string): HebbError {
  return new HebbError('argument', `${option}: expected ${expected}, received "${received}".`);
}
