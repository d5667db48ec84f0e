import type { Tensor } from '@hebb/tensor';
import { type ActivationLike, activationOf } from './activations.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

/** An activation function as a layer: `new Activation('relu')`, or any function of a tensor. */
export class Activation extends Layer {
  readonly activation: ActivationLike;
  private readonly fn: (x: Tensor) => Tensor;

  constructor(activation: ActivationLike, options?: LayerOptions) {
    super(options);
    this.activation = activation;
    this.fn = activationOf(activation);
  }

  override get config(): LayerConfig {
    return { activation: this.activation };
  }

  protected override forward(x: Tensor): Tensor {
    return this.fn(x);
  }
}
