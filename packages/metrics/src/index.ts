/** Metrics that are gathered batch by batch. */
export { Accuracy, BinaryAccuracy, type BinaryAccuracyOptions, TopKAccuracy, type TopKOptions } from './accuracy.js';
export { AUC } from './auc.js';
export { ConfusionMatrix } from './confusion.js';
export { Mean } from './mean.js';
export type { Metric } from './metric.js';
export { type Average, type AverageOptions, F1, Precision, Recall } from './precisionRecall.js';
export { MeanAbsoluteError, MeanSquaredError, R2Score } from './regression.js';
