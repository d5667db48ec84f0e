import { HebbError, scope, type Tensor, type Variable } from '@hebb/tensor';
import { checkPositive } from './check.js';
import type { Gradients } from './optimizer.js';

/** Options of {@link clipByGlobalNorm}. */
export interface GlobalNormOptions {
  /** Throw if the norm is NaN or infinite; costs a read of the norm. Default false. */
  readonly errorIfNonFinite?: boolean;
}

/** What {@link clipByGlobalNorm} returns. */
export interface ClippedGradients {
  readonly gradients: Map<Variable, Tensor>;
  /** The norm before clipping, a float32 scalar. */
  readonly norm: Tensor<'float32'>;
}

/**
 * Scales all gradients by one factor so that their norm, taken as one vector, is at most `maxNorm`; PyTorch's
 * `clip_grad_norm_`, without changing its input. Source: Pascanu et al., "On the difficulty of training recurrent neural
 * networks", ICML 2013, algorithm 1.
 *
 * @throws HebbError `range` unless `maxNorm` > 0, `argument` without gradients, `data` for a norm that is not finite if
 *   `errorIfNonFinite`.
 */
export function clipByGlobalNorm(gradients: Gradients, maxNorm: number, options: GlobalNormOptions = {}): ClippedGradients {
  checkPositive('clipByGlobalNorm: maxNorm', maxNorm);
  return scope(() => {
    const norm = globalNorm(gradients);
    if (options.errorIfNonFinite === true && !Number.isFinite(norm.itemSync())) {
      throw new HebbError('data', `clipByGlobalNorm: expected a finite norm of the gradients, received ${norm.itemSync()}.`);
    }
    // The same small number as PyTorch's, against a division by 0.
    const factor = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    const clipped = new Map<Variable, Tensor>();
    for (const [parameter, gradient] of gradients) clipped.set(parameter, gradient.mul(factor.cast(gradient.dtype)));
    return { gradients: clipped, norm };
  });
}

function globalNorm(gradients: Gradients): Tensor<'float32'> {
  let total: Tensor<'float32'> | undefined;
  for (const gradient of gradients.values()) {
    const squares = gradient.square().sum().cast('float32');
    total = total === undefined ? squares : total.add(squares);
  }
  if (total === undefined) throw new HebbError('argument', 'clipByGlobalNorm received no gradients.');
  return total.sqrt();
}

/**
 * Limits every element of every gradient to −limit … limit; PyTorch's `clip_grad_value_`, without changing its input.
 *
 * @throws HebbError `range` unless `limit` > 0.
 */
export function clipByValue(gradients: Gradients, limit: number): Map<Variable, Tensor> {
  checkPositive('clipByValue: limit', limit);
  return scope(() => {
    const clipped = new Map<Variable, Tensor>();
    for (const [parameter, gradient] of gradients) clipped.set(parameter, gradient.clip(-limit, limit));
    return clipped;
  });
}
