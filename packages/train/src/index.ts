export type { Batch, BatchSource } from './batches.js';
export type { Callback, TrainingState } from './callback.js';
export {
  EarlyStopping,
  type EarlyStoppingOptions,
  LearningRateSchedule,
  ModelCheckpoint,
  type ModelCheckpointOptions,
  TerminateOnNaN,
} from './callbacks.js';
export { CSVLogger } from './csvLogger.js';
export { DownloadBar } from './downloadBar.js';
export type { Logs } from './logs.js';
export { lossCurve } from './lossCurve.js';
export type { MonitorOptions } from './monitor.js';
export { ProgressBar } from './progress.js';
export { type FitOptions, type History, Trainer, type TrainerOptions } from './trainer.js';
