/** Optimizers, learning-rate schedules and gradient clipping. */
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { type ClippedGradients, clipByGlobalNorm, clipByValue, type GlobalNormOptions } from './clipping.js';
export { GradScaler, type GradScalerOptions } from './gradScaler.js';
export { type Gradients, Optimizer, type State, slot } from './optimizer.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export type { Schedule } from './schedules/index.js';
export * as schedules from './schedules/index.js';
export { SGD, type SGDOptions } from './sgd.js';
