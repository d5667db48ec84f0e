import type { Tensor, Variable } from '@hebb/tensor';

/** The gradient with that of an L2 penalty: g + weightDecay · θ. */
export function addDecay(parameter: Variable, gradient: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : gradient.add(parameter.value.mul(weightDecay));
}
