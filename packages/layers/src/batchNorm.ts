import { batchNorm, checkNumber, HebbError, type Shape, type Tensor, type Variable } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface BatchNormOptions extends LayerOptions {
  /** Share of the old running statistics in the new ones; default 0.9 (PyTorch counts the other way and calls it 0.1). */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) of the last axis: [..., C] → [..., C]. While training it uses the batch's statistics and
 * keeps running ones (with the unbiased variance), which it uses in inference. Variables: gamma, beta [C], and mean, variance [C],
 * not trainable.
 */
export class BatchNorm extends Layer {
  private readonly momentum: number;
  private readonly epsilon: number;
  private gamma!: Variable;
  private beta!: Variable;
  private mean!: Variable;
  private variance!: Variable;

  constructor({ momentum = 0.9, epsilon = 1e-5, ...options }: BatchNormOptions = {}) {
    super(options);
    checkNumber('BatchNorm', 'momentum', momentum, 0, 1);
    checkNumber('BatchNorm', 'epsilon', epsilon, 0);
    this.momentum = momentum;
    this.epsilon = epsilon;
  }

  override get config(): LayerConfig {
    return { momentum: this.momentum, epsilon: this.epsilon };
  }

  protected override build(inputShape: Shape): void {
    if (inputShape.length < 2)
      throw new HebbError('shape', `BatchNorm: expected [N, ..., channels], received shape [${inputShape}].`);
    const channels = [inputShape[inputShape.length - 1]];
    this.gamma = this.addVariable('gamma', channels, 'ones');
    this.beta = this.addVariable('beta', channels, 'zeros');
    this.mean = this.addVariable('mean', channels, 'zeros', { trainable: false });
    this.variance = this.addVariable('variance', channels, 'ones', { trainable: false });
  }

  protected override forward(x: Tensor): Tensor {
    return this.training ? this.forwardTraining(x) : this.forwardInference(x);
  }

  private forwardTraining(x: Tensor): Tensor {
    const count = x.size / x.shape[x.rank - 1];
    if (count < 2) {
      throw new HebbError(
        'shape',
        'BatchNorm: one value a channel has no variance; train with larger batches, or call eval() first.',
      );
    }
    const { y, mean, variance } = batchNorm(x, this.gamma.value, this.beta.value, { epsilon: this.epsilon });
    this.move(this.mean, mean.stopGradient(), 1);
    this.move(this.variance, variance.stopGradient(), count / (count - 1));
    return y;
  }

  /** running = momentum·running + (1 − momentum)·factor·batch */
  private move(running: Variable, batch: Tensor, factor: number): void {
    running.assign(running.value.mul(this.momentum).add(batch.mul((1 - this.momentum) * factor)));
  }

  private forwardInference(x: Tensor): Tensor {
    const scale = this.gamma.value.mul(this.variance.value.add(this.epsilon).rsqrt());
    const shift = this.beta.value.sub(this.mean.value.mul(scale));
    return x.mul(scale.cast(x.dtype)).add(shift.cast(x.dtype));
  }
}
