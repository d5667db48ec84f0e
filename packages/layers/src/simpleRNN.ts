import type { Tensor } from '@hebb/tensor';
import { type ActivationLike, activationOf } from './activations.js';
import { Recurrent, type RecurrentOptions, type RecurrentWeights } from './recurrent.js';

export interface SimpleRNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  activation?: ActivationLike;
}

/**
 * A recurrent network (Elman 1990): hₜ = tanh(xₜ·W + b + hₜ₋₁·U), [N, T, D] → [N, units], or [N, T, units] with `returnSequences`.
 * Variables of each layer: kernel W [D, units], recurrentKernel U [units, units], bias b [units]; those of the second layer end in _1.
 * PyTorch's RNN has W and U transposed, and b in two parts that are added.
 * @throws HebbError `range` unless units and layers are whole numbers from 1; `shape` for an input that is not [N, T, D] with a step.
 */
export class SimpleRNN extends Recurrent {
  protected override readonly gates = 1;
  private readonly activation: (x: Tensor) => Tensor;

  constructor(units: number, options: SimpleRNNOptions = {}) {
    super(units, options);
    this.activation = activationOf(options.activation ?? 'tanh');
  }

  protected override outputs(projected: Tensor, { recurrentKernel }: RecurrentWeights): Tensor {
    return this.overSteps(projected, (x, h) => this.activation(x.add(h.matmul(recurrentKernel))));
  }
}
