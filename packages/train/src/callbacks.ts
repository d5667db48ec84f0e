import { saveWeights } from '@hebb/format';
import { checkInteger, scope, type Tensor } from '@hebb/tensor';
import type { Callback, TrainingState } from './callback.js';
import { figure, type Logs } from './logs.js';
import { Monitor, type MonitorOptions } from './monitor.js';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement to wait for; default 0. */
  patience?: number;
  /** Whether to put the best epoch's variables back at the end; default false. */
  restoreBest?: boolean;
}

/** Ends training when a figure stops improving. */
export class EarlyStopping implements Callback {
  private readonly monitor: Monitor;
  private readonly patience: number;
  private readonly restoreBest: boolean;
  private waited = 0;
  private best: Tensor[] = [];

  constructor(options: EarlyStoppingOptions = {}) {
    checkInteger('EarlyStopping', 'patience', options.patience ?? 0, 0);
    this.monitor = new Monitor('EarlyStopping', options);
    this.patience = options.patience ?? 0;
    this.restoreBest = options.restoreBest ?? false;
  }

  onEpochEnd(epoch: number, logs: Logs, state: TrainingState): void {
    if (this.monitor.improved(logs)) {
      this.waited = 0;
      if (this.restoreBest) this.best = state.model.variables.map((variable) => variable.value);
    } else if (++this.waited > this.patience) {
      state.stop(
        `${this.monitor.name(logs)} has not improved since epoch ${epoch + 1 - this.waited} (${figure(this.monitor.best ?? NaN)})`,
      );
    }
  }

  onTrainEnd(state: TrainingState): void {
    if (this.best.length > 0) scope(() => state.model.variables.forEach((variable, i) => void variable.assign(this.best[i])));
    this.best = [];
  }
}

export interface ModelCheckpointOptions extends MonitorOptions {
  /** Default true: write only when the figure improved. */
  bestOnly?: boolean;
}

/** Saves weights and optimizer state after an epoch, by default when it is the best so far. Writing is atomic. */
export class ModelCheckpoint implements Callback {
  private readonly monitor: Monitor;
  private readonly bestOnly: boolean;
  readonly path: string;

  constructor(path: string, { bestOnly = true, ...options }: ModelCheckpointOptions = {}) {
    this.path = path;
    this.bestOnly = bestOnly;
    this.monitor = new Monitor('ModelCheckpoint', options);
  }

  async onEpochEnd(epoch: number, logs: Logs, { model, optimizer }: TrainingState): Promise<void> {
    const improved = this.monitor.improved(logs);
    if (this.bestOnly && !improved) return;
    const metadata = Object.fromEntries(Object.entries(logs).map(([name, value]) => [name, String(value)]));
    await saveWeights(this.path, model, { optimizer, metadata: { ...metadata, epoch: String(epoch + 1) } });
  }
}

/** Ends training when the loss is NaN or infinite. */
export class TerminateOnNaN implements Callback {
  onBatchEnd(batch: number, logs: Logs, state: TrainingState): void {
    if (!Number.isFinite(logs.loss)) state.stop(`the loss is ${logs.loss} at batch ${batch + 1}`);
  }
}

/** Sets the learning rate at the start of each epoch. For a schedule by steps, give the optimizer one. */
export class LearningRateSchedule implements Callback {
  private readonly schedule: (epoch: number, rate: number) => number;

  /** @param schedule from the epoch (from 0) and the present rate to the next */
  constructor(schedule: (epoch: number, rate: number) => number) {
    this.schedule = schedule;
  }

  onEpochBegin(epoch: number, { optimizer }: TrainingState): void {
    optimizer.setLearningRate(this.schedule(epoch, optimizer.currentLearningRate));
  }
}
