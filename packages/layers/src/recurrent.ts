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
 * A loop over the steps of [N, T, D]. A kind of recurrent layer says how many gates it has, how many tensors its state has, and what one
 * step does; the input is projected for all steps at once, and the state starts at zeros.
 */
export abstract class Recurrent extends Layer {
  readonly units: number;
  protected readonly options: RecurrentOptions;
  private readonly weights: RecurrentWeights<Variable>[] = [];

  /** Blocks of units that one product with the state makes. */
  protected abstract readonly gates: number;
  /** Tensors [N, units] of the state; the first is the output. */
  protected readonly stateTensors: number = 1;
  protected readonly hasRecurrentBias: boolean = false;

  constructor(units: number, options: RecurrentOptions = {}) {
    super(options);
    checkInteger(this.kind, 'units', units, 1);
    checkInteger(this.kind, 'layers', options.layers ?? 1, 1);
    this.units = units;
    this.options = options;
  }

  /**
   * The state after one step.
   * @param projected the step's input times the kernel plus the bias, [N, gates·units]
   */
  protected abstract step(projected: Tensor, state: readonly Tensor[], weights: RecurrentWeights): readonly Tensor[];

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
    const top = this.weights.length - 1;
    let sequence = x;
    for (const weights of this.weights.slice(0, top)) sequence = stack(this.run(sequence, weights), 1);
    const steps = this.run(sequence, this.weights[top]);
    return this.options.returnSequences ? stack(steps, 1) : steps[steps.length - 1];
  }

  /** The outputs [N, units] of one layer. */
  private run(x: Tensor, variables: RecurrentWeights<Variable>): Tensor[] {
    const weights = this.valuesOf(variables);
    const [n, steps] = x.shape;
    const projected = x.matmul(weights.kernel, { bias: weights.bias });
    const start = zeros([n, this.units], x.dtype);
    let state: readonly Tensor[] = new Array<Tensor>(this.stateTensors).fill(start);
    return projected.split(steps, 1).map((part) => {
      state = this.step(part.reshape([n, this.gates * this.units]), state, weights);
      return state[0];
    });
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
