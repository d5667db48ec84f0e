import { checkIndex, checkInteger, gather, type IndexDType, type Tensor, type Variable } from '@hebb/tensor';
import { type InitializerLike, normalInitializer } from './initializers.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';
import { toComputeDType } from './policy.js';
import type { Regularizer } from './regularizers.js';

export interface EmbeddingOptions extends LayerOptions {
  /** Default: normal with standard deviation 1. */
  initializer?: InitializerLike;
  regularizer?: Regularizer;
}

/**
 * A row of features for each index (Bengio et al. 2003, section 2, the matrix C): integers [...] → [..., features]. Variable:
 * embeddings [count, features].
 * @throws HebbError `range` unless count and features are whole numbers from 1, and for an index outside 0 … count − 1; `dtype` for an
 * input that is no integer.
 */
export class Embedding extends Layer {
  readonly count: number;
  readonly features: number;
  private readonly options: EmbeddingOptions;
  private embeddings!: Variable;

  constructor(count: number, features: number, options: EmbeddingOptions = {}) {
    super(options);
    checkInteger('Embedding', 'count', count, 1);
    checkInteger('Embedding', 'features', features, 1);
    this.count = count;
    this.features = features;
    this.options = options;
  }

  override get config(): LayerConfig {
    return { count: this.count, features: this.features, ...this.options };
  }

  protected override build(): void {
    const { initializer = normalInitializer({ std: 1 }), regularizer } = this.options;
    this.embeddings = this.addVariable('embeddings', [this.count, this.features], initializer, { regularizer });
  }

  protected override forward(x: Tensor): Tensor {
    checkIndex('Embedding', 'indices', x);
    // Rows are fewer than the table, and their gradients add up in the table's dtype.
    return toComputeDType(this.policy, gather(this.embeddings.value, x as Tensor<IndexDType>));
  }
}
