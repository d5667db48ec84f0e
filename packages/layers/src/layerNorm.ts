import { checkNumber, HebbError, layerNorm, type Shape, type Tensor, type Variable } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface LayerNormOptions extends LayerOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/** Layer normalisation (Ba et al. 2016) over the last axis: [..., D] → [..., D]. Variables: gamma, beta [D]. */
export class LayerNorm extends Layer {
  private readonly epsilon: number;
  private gamma!: Variable;
  private beta!: Variable;

  constructor({ epsilon = 1e-5, ...options }: LayerNormOptions = {}) {
    super(options);
    checkNumber('LayerNorm', 'epsilon', epsilon, 0);
    this.epsilon = epsilon;
  }

  override get config(): LayerConfig {
    return { epsilon: this.epsilon };
  }

  protected override build(inputShape: Shape): void {
    if (inputShape.length === 0) throw new HebbError('shape', 'LayerNorm: expected [..., features], received a scalar.');
    const features = [inputShape[inputShape.length - 1]];
    this.gamma = this.addVariable('gamma', features, 'ones');
    this.beta = this.addVariable('beta', features, 'zeros');
  }

  protected override forward(x: Tensor): Tensor {
    return layerNorm(x, this.gamma.value, this.beta.value, { epsilon: this.epsilon });
  }
}
