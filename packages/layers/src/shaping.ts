import { HebbError, type Shape, show, type Tensor } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

/** All axes but the first in one: [N, ...] → [N, features]. */
export class Flatten extends Layer {
  protected override forward(x: Tensor): Tensor {
    if (x.rank === 0) throw new HebbError('shape', `Flatten: expected [N, ...], received ${show(x)}.`);
    return x.flatten(1);
  }
}

/** Another shape for each example: [N, ...] → [N, ...shape]; one dimension may be −1. */
export class Reshape extends Layer {
  readonly shape: Shape;

  constructor(shape: Shape, options?: LayerOptions) {
    super(options);
    this.shape = [...shape];
  }

  override get config(): LayerConfig {
    return { shape: this.shape };
  }

  protected override forward(x: Tensor): Tensor {
    if (x.rank === 0) throw new HebbError('shape', `Reshape: expected [N, ...], received ${show(x)}.`);
    return x.reshape([x.shape[0], ...this.shape]);
  }
}
