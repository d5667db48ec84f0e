import { checkInteger, HebbError, type Shape, show, type Tensor, type Variable } from '@hebb/tensor';
import { type ActivationLike, activationOf } from './activations.js';
import type { InitializerLike } from './initializers.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';
import type { Regularizer } from './regularizers.js';

/** What layers with a kernel and a bias have in common. */
export interface KernelOptions extends LayerOptions {
  /** Applied to the output; default 'linear'. */
  activation?: ActivationLike;
  /** Default true. */
  useBias?: boolean;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerLike;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
  kernelRegularizer?: Regularizer;
  biasRegularizer?: Regularizer;
}

/**
 * activation(x·kernel + bias) over the last axis: [..., in] → [..., units]. Variables: kernel [in, units], bias [units].
 * @throws HebbError `range` unless units is a whole number from 1; `shape` for an input of rank 0.
 */
export class Dense extends Layer {
  readonly units: number;
  private readonly options: KernelOptions;
  private readonly activation: (x: Tensor) => Tensor;
  private kernel!: Variable;
  private bias: Variable | undefined;

  constructor(units: number, options: KernelOptions = {}) {
    super(options);
    checkInteger('Dense', 'units', units, 1);
    this.units = units;
    this.options = options;
    this.activation = activationOf(options.activation ?? 'linear');
  }

  override get config(): LayerConfig {
    return { units: this.units, ...this.options };
  }

  protected override build(inputShape: Shape): void {
    if (inputShape.length === 0) throw new HebbError('shape', 'Dense: expected an input [..., features], received a scalar.');
    const { kernelInitializer = 'glorotUniform', biasInitializer = 'zeros', useBias = true } = this.options;
    const inputs = inputShape[inputShape.length - 1];
    this.kernel = this.addVariable('kernel', [inputs, this.units], kernelInitializer, {
      regularizer: this.options.kernelRegularizer,
    });
    if (useBias)
      this.bias = this.addVariable('bias', [this.units], biasInitializer, { regularizer: this.options.biasRegularizer });
  }

  protected override forward(x: Tensor): Tensor {
    if (x.shape[x.rank - 1] !== this.kernel.shape[0]) {
      throw new HebbError(
        'shape',
        `Dense: expected ${this.kernel.shape[0]} features in the last axis, as in the first call, received ${show(x)}.`,
      );
    }
    const bias = this.bias && this.weight(this.bias);
    return this.activation(x.matmul(this.weight(this.kernel), { bias }));
  }
}
