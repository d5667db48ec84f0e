import type { Tensor } from '@hebb/tensor';
import { Recurrent, type RecurrentWeights } from './recurrent.js';

/**
 * Gated recurrent unit (Cho et al. 2014, section 2.3, with the reset gate after the product, as in PyTorch and cuDNN):
 * [N, T, D] → [N, units], or [N, T, units] with `returnSequences`.
 *
 * [xr, xz, xn] = xₜ·W + b, [hr, hz, hn] = hₜ₋₁·U + b′, r = σ(xr + hr), z = σ(xz + hz), n = tanh(xn + r ⊙ hn),
 * hₜ = (1 − z) ⊙ n + z ⊙ hₜ₋₁
 *
 * Variables of each layer: kernel W [D, 3·units], recurrentKernel U [units, 3·units], bias b and recurrentBias b′ [3·units], the gates
 * in the order r, z, n; those of the second layer end in _1. PyTorch's GRU has the same order, and W and U transposed.
 * @throws HebbError `range` unless units and layers are whole numbers from 1; `shape` for an input that is not [N, T, D] with a step.
 */
export class GRU extends Recurrent {
  protected override readonly gates = 3;
  protected override readonly hasRecurrentBias = true;

  protected override outputs(projected: Tensor, { recurrentKernel, recurrentBias }: RecurrentWeights): Tensor {
    const parts = [2 * this.units, this.units];
    return this.overSteps(projected, (x, h) => {
      const [xGates, xNew] = x.split(parts, 1);
      const [hGates, hNew] = h.matmul(recurrentKernel, { bias: recurrentBias }).split(parts, 1);
      const [reset, update] = xGates.add(hGates).sigmoid().split(2, 1);
      const candidate = xNew.add(reset.mul(hNew)).tanh();
      return candidate.add(update.mul(h.sub(candidate)));
    });
  }
}
