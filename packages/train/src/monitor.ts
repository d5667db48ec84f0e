import { checkNumber, HebbError } from '@hebb/tensor';
import type { Logs } from './logs.js';

export interface MonitorOptions {
  /** The figure to watch; default 'valLoss', or 'loss' when there is no validation. */
  monitor?: string;
  /** Whether smaller is better; default: 'max' for names that contain accuracy, precision, recall, f1, auc or r2, else 'min'. */
  mode?: 'min' | 'max';
  /** A smaller change is no improvement; default 0. */
  minDelta?: number;
}

const LARGER_IS_BETTER = /accuracy|precision|recall|f1|auc|r2/i;

/** Follows one figure and tells whether it improved. */
export class Monitor {
  best: number | undefined;
  private readonly options: MonitorOptions;

  constructor(where: string, options: MonitorOptions) {
    checkNumber(where, 'minDelta', options.minDelta ?? 0, 0);
    this.options = options;
  }

  /**
   * Takes the figure of an epoch; true when it is the best so far. NaN never is.
   * @throws HebbError `argument` when there is no such figure.
   */
  improved(logs: Logs): boolean {
    const name = this.name(logs);
    const value = logs[name];
    if (value === undefined) {
      throw new HebbError('argument', `No figure "${name}" to monitor; this training has ${Object.keys(logs).join(', ')}.`);
    }
    const mode = this.options.mode ?? (LARGER_IS_BETTER.test(name) ? 'max' : 'min');
    const gain = this.best === undefined ? Infinity : mode === 'max' ? value - this.best : this.best - value;
    if (Number.isNaN(value) || !(gain > (this.options.minDelta ?? 0))) return false;
    this.best = value;
    return true;
  }

  name(logs: Logs): string {
    return this.options.monitor ?? ('valLoss' in logs ? 'valLoss' : 'loss');
  }
}
