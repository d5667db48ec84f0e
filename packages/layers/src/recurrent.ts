import { checkInteger, HebbError, type Shape, show, stack, type Tensor, type Variable, zeros } from '@hebb/tensor';
import type { InitializerLike } from './initializers.js';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface RecurrentOptions extends LayerOptions {
  /** Whether the output has every step, [N, T, units], or the last one, [N, units]; default false, the last. */
  returnSequences?: boolean;
  /** Layers on top of each other, each fed with all steps of the one below; default 1. */
  layers?: number;
  /** Of the kernels that see the input; default 'glorotUniform', for the units of one gate. */
  kernelInitializer?: InitializerLike;
  /** Of the kernels that see the state; default 'orthogonal'. */
  recurrentInitializer?: InitializerLike;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
}

/** The values of one layer's variables, and `T` is a Variable where they are kept. */
export interface RecurrentWeights<T = Tensor> {
  /** [in, gates·units] */
  kernel: T;
  /** [units, gates·units] */
  recurrentKernel: T;
  /** [gates·units], added to the projected input. */
  bias: T;
  /** [gates·units], where the state's share of a gate needs a bias of its own. */
  recurrentBias?: T;
}

/**
 * What recurrent layers share. A kind of them says how many gates it has and what it does with its input, projected for all steps at
 * once; the state starts at zeros.
 */
export abstract class Recurrent extends Layer {
  readonly units: number;
  protected readonly options: RecurrentOptions;
  private readonly weights: RecurrentWeights<Variable>[] = [];

  /** Blocks of units that one product with the state makes. */
  protected abstract readonly gates: number;
  protected readonly hasRecurrentBias: boolean = false;

  constructor(units: number, options: RecurrentOptions = {}) {
    super(options);
    checkInteger(this.kind, 'units', units, 1);
    checkInteger(this.kind, 'layers', options.layers ?? 1, 1);
    this.units = units;
    this.options = options;
  }

  /**
   * The outputs of all steps, [N, T, units].
   * @param projected every step's input times the kernel plus the bias, [N, T, gates·units]
   */
  protected abstract outputs(projected: Tensor, weights: RecurrentWeights): Tensor;

  override get config(): LayerConfig {
    return { units: this.units, ...this.options };
  }

  protected override build(inputShape: Shape): void {
    if (inputShape.length !== 3)
      throw new HebbError('shape', `${this.kind}: expected an input [N, T, D], received shape [${inputShape}].`);
    this.weights.length = 0;
    for (let layer = 0; layer < (this.options.layers ?? 1); layer++)
      this.weights.push(this.addWeights(layer === 0 ? '' : `_${layer}`, layer === 0 ? inputShape[2] : this.units));
  }

  private addWeights(suffix: string, inputs: number): RecurrentWeights<Variable> {
    const { kernelInitializer = 'glorotUniform', recurrentInitializer = 'orthogonal', biasInitializer = 'zeros' } = this.options;
    const columns = this.gates * this.units;
    const fans = { fanIn: inputs, fanOut: this.units };
    const add = this.addVariable.bind(this);
    return {
      kernel: add(`kernel${suffix}`, [inputs, columns], kernelInitializer, { fans }),
      recurrentKernel: add(`recurrentKernel${suffix}`, [this.units, columns], recurrentInitializer),
      bias: add(`bias${suffix}`, [columns], biasInitializer),
      recurrentBias: this.hasRecurrentBias ? add(`recurrentBias${suffix}`, [columns], biasInitializer) : undefined,
    };
  }

  protected override forward(x: Tensor): Tensor {
    this.checkInput(x);
    let sequence = x;
    for (const variables of this.weights) {
      const weights = this.valuesOf(variables);
      sequence = this.outputs(sequence.matmul(weights.kernel, { bias: weights.bias }), weights);
    }
    return this.options.returnSequences ? sequence : lastStep(sequence);
  }

  /** The outputs where each is made from its step's projected input and the output before. */
  protected overSteps(projected: Tensor, step: (projected: Tensor, h: Tensor) => Tensor): Tensor {
    const [n, steps, columns] = projected.shape;
    let h: Tensor = zeros([n, this.units], projected);
    const outputs = projected.split(steps, 1).map((part) => {
      h = step(part.reshape([n, columns]), h);
      return h;
    });
    return stack(outputs, 1);
  }

  private checkInput(x: Tensor): void {
    this.checkRank(x, 3, '[N, T, D]');
    const [inputs] = this.weights[0].kernel.shape;
    if (x.shape[2] !== inputs)
      throw new HebbError('shape', `${this.kind}: expected ${inputs} features, as in the first call, received ${show(x)}.`);
    if (x.shape[1] === 0) throw new HebbError('shape', `${this.kind}: expected one step at least, received ${show(x)}.`);
  }

  private valuesOf({ kernel, recurrentKernel, bias, recurrentBias }: RecurrentWeights<Variable>): RecurrentWeights {
    return {
      kernel: this.weight(kernel),
      recurrentKernel: this.weight(recurrentKernel),
      bias: this.weight(bias),
      recurrentBias: recurrentBias && this.weight(recurrentBias),
    };
  }
}

function lastStep(sequence: Tensor): Tensor {
  const [n, steps, units] = sequence.shape;
  return sequence.slice([0, steps - 1, 0], [n, 1, units]).reshape([n, units]);
}
