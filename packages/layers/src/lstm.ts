import { lstm, type Tensor } from '@hebb/tensor';
import { Recurrent, type RecurrentWeights } from './recurrent.js';

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000, section 3):
 * [N, T, D] → [N, units], or [N, T, units] with `returnSequences`.
 *
 * [i, f, g, o] = xₜ·W + b + hₜ₋₁·U, cₜ = σ(f) ⊙ cₜ₋₁ + σ(i) ⊙ tanh(g), hₜ = σ(o) ⊙ tanh(cₜ)
 *
 * Variables of each layer: kernel W [D, 4·units], recurrentKernel U [units, 4·units], bias b [4·units], the gates in the order i, f, g,
 * o; those of the second layer end in _1. PyTorch's LSTM has the same order, W and U transposed, and b in two parts that are added.
 * @throws HebbError `range` unless units and layers are whole numbers from 1; `shape` for an input that is not [N, T, D] with a step.
 */
export class LSTM extends Recurrent {
  protected override readonly gates = 4;

  protected override outputs(projected: Tensor, { recurrentKernel }: RecurrentWeights): Tensor {
    return lstm(projected, recurrentKernel).h;
  }
}
