export { Activation } from './activation.js';
export { type ActivationLike, type ActivationName, activationOf } from './activations.js';
export { MultiHeadAttention, type MultiHeadAttentionOptions } from './attention.js';
export { BatchNorm, type BatchNormOptions } from './batchNorm.js';
export { build } from './build.js';
export { Conv2D, type Conv2DOptions } from './conv2d.js';
export { Dense, type KernelOptions } from './dense.js';
export { Embedding, type EmbeddingOptions } from './embedding.js';
export { GroupNorm, type GroupNormOptions, InstanceNorm } from './groupNorm.js';
export { GRU } from './gru.js';
export {
  constantInitializer,
  type Fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerContext,
  type InitializerLike,
  lecunNormal,
  lecunUniform,
  normalInitializer,
  orthogonal,
  truncatedNormalInitializer,
  uniformInitializer,
} from './initializers.js';
export { type AddVariableOptions, Layer, type LayerConfig, type LayerOptions } from './layer.js';
export { LayerNorm, type LayerNormOptions } from './layerNorm.js';
export { LSTM } from './lstm.js';
export { Dropout, GaussianNoise, type NoiseOptions } from './noise.js';
export { getPolicy, type Policy, setPolicy } from './policy.js';
export { AdaptiveAvgPool2D, AvgPool2D, GlobalAvgPool2D, GlobalMaxPool2D, MaxPool2D } from './pooling.js';
export { Recurrent, type RecurrentOptions, type RecurrentWeights } from './recurrent.js';
export { l1, l1l2, l2, type Regularizer } from './regularizers.js';
export { Sequential } from './sequential.js';
export { Flatten, Reshape } from './shaping.js';
export { SimpleRNN, type SimpleRNNOptions } from './simpleRNN.js';
export { type Summary, type SummaryRow, summary } from './summary.js';
