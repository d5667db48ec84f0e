import { checkInteger, HebbError, type Padding, type Pair, type Shape, show, type Tensor, type Variable } from '@hebb/tensor';
import { activationOf } from './activations.js';
import type { KernelOptions } from './dense.js';
import { Layer, type LayerConfig } from './layer.js';

export interface Conv2DOptions extends KernelOptions {
  /** Default 1. */
  stride?: Pair;
  /** 'valid' (default), 'same', a number, [height, width] or [[top, bottom], [left, right]]. */
  padding?: Padding;
  /** Default 1. */
  dilation?: Pair;
  /** Default 1. */
  groups?: number;
}

/**
 * activation(conv2d(x, kernel) + bias): [N, H, W, in] → [N, H', W', filters]. Variables: kernel [filters, kh, kw, in / groups],
 * bias [filters].
 * @throws HebbError `range` for filters, sizes or strides below 1; `shape` when groups do not divide the channels.
 */
export class Conv2D extends Layer {
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  private readonly options: Conv2DOptions;
  private readonly activation: (x: Tensor) => Tensor;
  private kernel!: Variable;
  private bias: Variable | undefined;

  constructor(filters: number, kernelSize: Pair, options: Conv2DOptions = {}) {
    super(options);
    checkInteger('Conv2D', 'filters', filters, 1);
    this.filters = filters;
    this.kernelSize = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
    for (const size of this.kernelSize) checkInteger('Conv2D', 'the kernel size', size, 1);
    checkInteger('Conv2D', 'groups', options.groups ?? 1, 1);
    this.options = options;
    this.activation = activationOf(options.activation ?? 'linear');
  }

  override get config(): LayerConfig {
    return { filters: this.filters, kernelSize: this.kernelSize, ...this.options };
  }

  protected override build(inputShape: Shape): void {
    const { kernelInitializer = 'glorotUniform', biasInitializer = 'zeros', useBias = true, groups = 1 } = this.options;
    if (inputShape.length !== 4)
      throw new HebbError('shape', `Conv2D: expected images [N, H, W, C], received shape [${inputShape}].`);
    const channels = inputShape[3];
    if (channels % groups !== 0 || this.filters % groups !== 0) {
      throw new HebbError(
        'shape',
        `Conv2D: ${groups} groups divide neither or only one of ${channels} channels and ${this.filters} filters.`,
      );
    }
    const [kh, kw] = this.kernelSize;
    const fans = { fanIn: (kh * kw * channels) / groups, fanOut: (kh * kw * this.filters) / groups };
    const regularizer = this.options.kernelRegularizer;
    this.kernel = this.addVariable('kernel', [this.filters, kh, kw, channels / groups], kernelInitializer, { fans, regularizer });
    if (useBias)
      this.bias = this.addVariable('bias', [this.filters], biasInitializer, { regularizer: this.options.biasRegularizer });
  }

  protected override forward(x: Tensor): Tensor {
    this.checkRank(x, 4, '[N, H, W, C]');
    const { stride, padding, dilation, groups = 1 } = this.options;
    if (x.shape[3] !== this.kernel.shape[3] * groups) {
      throw new HebbError(
        'shape',
        `Conv2D: expected ${this.kernel.shape[3] * groups} channels, as in the first call, received ${show(x)}.`,
      );
    }
    const bias = this.bias && this.weight(this.bias);
    return this.activation(x.conv2d(this.weight(this.kernel), { stride, padding, dilation, groups, bias }));
  }
}
