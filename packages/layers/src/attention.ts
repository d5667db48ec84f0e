import { checkInteger, checkNumber, type Generator, HebbError, type Shape, selfAttention, type Tensor } from '@hebb/tensor';
import { Dense } from './dense.js';
import type { InitializerLike } from './initializers.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** Width of all heads together, and of the output; default: the features of the input. */
  features?: number;
  /** Each step sees itself and the steps before only; default false. */
  causal?: boolean;
  /** Default true. */
  useBias?: boolean;
  /** Probability with which an attention weight is zeroed while training, for which weights are kept in memory; default 0. */
  dropout?: number;
  /** Where dropout's random numbers come from; default: the default generator. */
  generator?: Generator;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerLike;
}

/**
 * Self-attention with several heads (Vaswani et al. 2017, section 3.2.2): [N, T, D] → [N, T, features]. One Dense layer makes queries,
 * keys and values, in this order along its last axis and the heads side by side in each; another mixes what the heads found.
 * Variables: qkv/kernel [D, 3·features], qkv/bias, output/kernel [features, features], output/bias.
 *
 * @throws HebbError `range` unless heads and features are whole numbers from 1 and 0 ≤ dropout < 1; `shape` for an input that is not
 * [N, T, D], or features that do not divide into the heads.
 */
export class MultiHeadAttention extends Layer {
  readonly heads: number;
  private readonly options: MultiHeadAttentionOptions;
  private qkv!: Dense;
  private output!: Dense;

  constructor(heads: number, options: MultiHeadAttentionOptions = {}) {
    super(options);
    checkInteger('MultiHeadAttention', 'heads', heads, 1);
    checkNumber('MultiHeadAttention', 'dropout', options.dropout ?? 0, 0, 1);
    if (options.dropout === 1)
      throw new HebbError('range', 'MultiHeadAttention: a dropout of 1 drops everything; expected less.');
    if (options.features !== undefined) checkInteger('MultiHeadAttention', 'features', options.features, 1);
    this.heads = heads;
    this.options = options;
  }

  override get config(): LayerConfig {
    const { generator: _, ...options } = this.options;
    return { heads: this.heads, ...options };
  }

  protected override build(inputShape: Shape): void {
    if (inputShape.length !== 3)
      throw new HebbError('shape', `MultiHeadAttention: expected an input [N, T, D], received shape [${inputShape}].`);
    const { features = inputShape[2], useBias = true, kernelInitializer } = this.options;
    if (features % this.heads !== 0)
      throw new HebbError('shape', `MultiHeadAttention: ${features} features do not divide into ${this.heads} heads.`);
    this.qkv = new Dense(3 * features, { useBias, kernelInitializer, dtype: this.policy });
    this.output = new Dense(features, { useBias, kernelInitializer, dtype: this.policy });
  }

  protected override forward(x: Tensor): Tensor {
    this.checkRank(x, 3, '[N, T, D]');
    const { causal, dropout = 0, generator } = this.options;
    const [n, steps] = x.shape;
    const { units } = this.output;
    const qkv = this.qkv.call(x).reshape([n, steps, 3, this.heads, units / this.heads]);
    const found = selfAttention(qkv, { causal, dropout: this.training ? dropout : 0, generator });
    return this.output.call(found.reshape([n, steps, units]));
  }
}
