import { checkInteger, type Pair, type PoolOptions, type Tensor } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

/** A window that slides over [N, H, W, C]. */
abstract class Pool2D extends Layer {
  protected readonly options: PoolOptions;
  readonly poolSize: Pair;

  /** @param poolSize default 2 */
  constructor(poolSize: Pair = 2, options: PoolOptions & LayerOptions = {}) {
    super(options);
    for (const size of typeof poolSize === 'number' ? [poolSize] : poolSize) checkInteger(this.kind, 'the window', size, 1);
    this.poolSize = poolSize;
    this.options = options;
  }

  override get config(): LayerConfig {
    return { poolSize: this.poolSize, ...this.options };
  }
}

/** The largest value of each window: [N, H, W, C] → [N, H', W', C]. The stride is the window's size unless given. */
export class MaxPool2D extends Pool2D {
  protected override forward(x: Tensor): Tensor {
    return x.maxPool2d(this.poolSize, this.options);
  }
}

/** The mean of each window: [N, H, W, C] → [N, H', W', C]. The stride is the window's size unless given; padding does not count. */
export class AvgPool2D extends Pool2D {
  protected override forward(x: Tensor): Tensor {
    return x.avgPool2d(this.poolSize, this.options);
  }
}

/**
 * The mean of each of H'×W' bins, whatever the size of the images: [N, H, W, C] → [N, H', W', C]. Bins are PyTorch's: neighbours share
 * a row where the sizes do not divide.
 * @throws HebbError `range` unless the size is made of whole numbers from 1.
 */
export class AdaptiveAvgPool2D extends Layer {
  readonly size: Pair;

  /** @param size [H', W'], or one number for both */
  constructor(size: Pair, options: LayerOptions = {}) {
    super(options);
    for (const side of typeof size === 'number' ? [size] : size) checkInteger('AdaptiveAvgPool2D', 'the size', side, 1);
    this.size = size;
  }

  override get config(): LayerConfig {
    return { size: this.size };
  }

  protected override forward(x: Tensor): Tensor {
    return x.adaptiveAvgPool2d(this.size);
  }
}

/** The mean of each image and channel: [N, H, W, C] → [N, C]. */
export class GlobalAvgPool2D extends Layer {
  protected override forward(x: Tensor): Tensor {
    return x.globalAvgPool2d();
  }
}

/** The largest value of each image and channel: [N, H, W, C] → [N, C]. */
export class GlobalMaxPool2D extends Layer {
  protected override forward(x: Tensor): Tensor {
    return x.globalMaxPool2d();
  }
}
