/** Learning-rate schedules: pure functions of the step count. */
export { type CosineOptions, cosine, type OneCycleOptions, oneCycle, type WarmupOptions, warmup } from './annealed.js';
export { constant, type ExponentialOptions, exponential, type StepOptions, step } from './basic.js';
export type { Schedule } from './schedule.js';
