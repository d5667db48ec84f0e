import type { Layer } from '@hebb/layers';
import type { Optimizer } from '@hebb/optimizers';
import type { Logs } from './logs.js';

/** What callbacks see of a running training. */
export interface TrainingState {
  readonly model: Layer;
  readonly optimizer: Optimizer;
  /** Epochs asked for. */
  readonly epochs: number;
  /** Batches in an epoch. */
  readonly steps: number;
  /** Loss of the last batch; NaN before the first. */
  readonly batchLoss: number;
  /** Ends training after the present batch or epoch; the reason stands in the history. */
  stop(reason: string): void;
}

/** Hooks into `Trainer.fit`. Epochs and batches count from 0; a hook may return a promise, which is awaited. */
export interface Callback {
  onTrainBegin?(state: TrainingState): void | Promise<void>;
  onEpochBegin?(epoch: number, state: TrainingState): void | Promise<void>;
  /** @param logs running figures of the epoch so far */
  onBatchEnd?(batch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  /** @param logs figures of the epoch, validation included */
  onEpochEnd?(epoch: number, logs: Logs, state: TrainingState): void | Promise<void>;
  /** Also called when training fails. */
  onTrainEnd?(state: TrainingState): void | Promise<void>;
}
