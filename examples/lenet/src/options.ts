import { parseArgs } from 'node:util';
import { type Device, HebbError, type Policy } from 'hebb';

export interface Options {
  epochs: number;
  batchSize: number;
  /** Peak of the one-cycle schedule. */
  learningRate: number;
  seed: number;
  /** Folder with MNIST. */
  data: string | undefined;
  json: boolean;
  /** A policy of layers, such as 'mixed_bfloat16'. */
  precision: Policy | undefined;
  /** Where to train: 'cpu', 'cuda', or 'auto' for a GPU where there is one. */
  device: Device | 'auto';
}

export const USAGE = `usage: npm start -- [options]
  --epochs N       passes over the training data (5)
  --batch-size N   images a step (64)
  --lr RATE        peak learning rate (0.1)
  --seed N         of weights and order (0)
  --data DIR       folder with the four MNIST files (HEBB_DATA, then a cache, then a download)
  --precision P    float32, float64, mixed_bfloat16 or mixed_float16 (float32)
  --device D       cpu, cuda, or auto: a GPU where there is one (cpu)
  --json           a JSON object as the last line
  --help           this text`;

/** @throws HebbError `argument` for options that are unknown or out of range. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  return {
    epochs: whole('--epochs', values.epochs, 1),
    batchSize: whole('--batch-size', values['batch-size'], 1),
    learningRate: rate(values.lr),
    seed: whole('--seed', values.seed, 0),
    data: values.data,
    json: values.json,
    precision: values.precision as Policy | undefined,
    device: values.device as Device | 'auto',
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        epochs: { type: 'string', default: '5' },
        'batch-size': { type: 'string', default: '64' },
        lr: { type: 'string', default: '0.1' },
        seed: { type: 'string', default: '0' },
        data: { type: 'string' },
        precision: { type: 'string' },
        device: { type: 'string', default: 'cpu' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new HebbError('argument', `${(error as Error).message}\n\n${USAGE}`);
  }
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || text.trim() === '') {
    throw new HebbError('argument', `${option}: expected a whole number from ${least}, received "${text}".`);
  }
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new HebbError('argument', `--lr: expected a number above 0, received "${text}".`);
  return value;
}
