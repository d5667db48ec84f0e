/** Loss functions, composed from differentiable operations. */
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './binaryCrossEntropy.js';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.js';
export { type KlDivergenceOptions, klDivergence } from './klDivergence.js';
export type { LossOptions, Reduction } from './reduction.js';
export { type HuberOptions, halfSquaredError, huber, meanAbsoluteError, meanSquaredError } from './regression.js';
