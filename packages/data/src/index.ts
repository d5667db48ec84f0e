/** Datasets, loaders and preprocessing. */
export {
  ArrayDataset,
  arrayDataset,
  type BatchOf,
  type Field,
  type FieldDType,
  type FieldInput,
  type FieldInputs,
  type RecordOf,
} from './arrayDataset.js';
export { moveBatch } from './batch.js';
export { type Collated, collate } from './collate.js';
export * from './csv/index.js';
export { type BatchDataset, BatchSubset, type Dataset, isBatchDataset, Subset, subset } from './dataset.js';
export { type DrawnDigitsOptions, drawnDigits } from './digits/drawnDigits.js';
export { type ImageDataset, type ImageFields, imageDataset } from './imageDataset.js';
export { type CollateOptions, DataLoader, type LoaderOptions } from './loader.js';
export type { DownloadProgress } from './mnist/download.js';
export { MNIST_MIRROR } from './mnist/files.js';
export { type IdxArray, parseIdx, parseIdxLabels } from './mnist/idx.js';
export { loadMnist, type Mnist, type MnistOptions } from './mnist/load.js';
export { oneHotMatrix, tableMatrix } from './oneHot.js';
export type { FloatMatrix, Matrix, MatrixData, NarrowData } from './scalers/matrix.js';
export { MinMaxScaler } from './scalers/minMax.js';
export { Scaler, type ScalerState } from './scalers/scaler.js';
export { StandardScaler } from './scalers/standard.js';
export { type Split, type SplitOptions, trainValidationSplit } from './split.js';
export type { ArrayRecord, DTypeOfArray, RecordArray, RecordDType } from './typedArrays.js';
