import { HebbError, scope, show, type Tensor, tensor } from '@hebb/tensor';
import { valueAndGrad } from './gradients.js';

export interface GradCheckOptions {
  /** Half the distance of the two points of a difference; default 1e-6. */
  epsilon?: number;
  /** Absolute tolerance; default 1e-5. */
  atol?: number;
  /** Relative tolerance; default 1e-3. */
  rtol?: number;
}

/**
 * Compares gradients with central finite differences in float64, at PyTorch's tolerances. A result with several elements is weighted
 * with fixed numbers and summed, so that every element counts.
 *
 * @param fn a differentiable function of float64 tensors
 * @returns the largest difference |gradient − estimate|
 * @throws HebbError `range` naming the worst element when the two differ by more than atol + rtol·|estimate|; `dtype` for inputs that
 * are not float64.
 */
export function gradCheck(
  fn: (...inputs: Tensor<'float64'>[]) => Tensor,
  inputs: readonly Tensor<'float64'>[],
  { epsilon = 1e-6, atol = 1e-5, rtol = 1e-3 }: GradCheckOptions = {},
): number {
  for (const input of inputs) {
    if (input.dtype !== 'float64') throw new HebbError('dtype', `gradCheck: expected float64 inputs, received ${show(input)}.`);
  }
  const loss = (...xs: Tensor<'float64'>[]) => weighted(fn(...xs));
  const analytic = scope(() => {
    const { grads } = valueAndGrad(() => loss(...inputs), inputs);
    return inputs.map((input) => (grads.get(input) as Tensor<'float64'>).dataSync());
  });
  let worst = 0;
  inputs.forEach((input, which) => {
    const values = input.dataSync();
    for (let i = 0; i < values.length; i++) {
      const at = (value: number) =>
        scope(() => {
          const moved = values.slice();
          moved[i] = value;
          const xs = inputs.map((other, k) =>
            k === which ? tensor(moved, { shape: input.shape, device: input.device }) : other,
          );
          return Number(loss(...xs).itemSync());
        });
      const estimate = (at(values[i] + epsilon) - at(values[i] - epsilon)) / (2 * epsilon);
      const error = Math.abs(analytic[which][i] - estimate);
      if (!(error <= atol + rtol * Math.abs(estimate))) throw mismatch(which, i, input, analytic[which][i], estimate);
      worst = Math.max(worst, error);
    }
  });
  return worst;
}

/** Σ wᵢ·yᵢ with weights that differ from each other and are nowhere near zero. */
function weighted(y: Tensor): Tensor {
  const weights = Float64Array.from({ length: y.size }, (_, i) => 1 + 0.5 * Math.sin(1.7 * i + 0.3));
  return (y as Tensor<'float64'>).mul(tensor(weights, { shape: y.shape, device: y.device })).sum();
}

function mismatch(which: number, element: number, input: Tensor, gradient: number, estimate: number): HebbError {
  return new HebbError(
    'range',
    `gradCheck: for element ${element} of input ${which} (${show(input)}) the gradient is ${gradient}, and finite differences say ${estimate}.`,
  );
}
