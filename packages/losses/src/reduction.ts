import { HebbError, show, type Tensor } from '@hebb/tensor';

/**
 * What to do with the losses of the elements or samples, as in PyTorch: `mean` divides their sum by their number, `sum` adds
 * them up, `none` leaves them as they are.
 */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** Default `mean`. */
  readonly reduction?: Reduction;
  /**
   * A weight ≥ 0 per sample, [N], of any dtype. Every loss of sample `n` is multiplied by `weights[n]`; `mean` then divides
   * by the sum of the weights of the losses instead of their number. If all weights are 0, the mean is 0.
   */
  readonly weights?: Tensor;
}

/**
 * Weighs and reduces losses [N, …].
 *
 * @param counts the weight of each sample in the mean's divisor besides `weights` (class weights, say), [N].
 * @internal
 */
export function reduce(loss: string, losses: Tensor, options: LossOptions, counts?: Tensor): Tensor {
  const { reduction = 'mean', weights } = options;
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new HebbError('argument', `${loss}: reduction must be 'mean', 'sum' or 'none', received ${JSON.stringify(reduction)}.`);
  }
  if (reduction === 'mean' && losses.size === 0) {
    throw new HebbError('shape', `${loss}: the mean over no samples is not defined, received losses ${show(losses)}.`);
  }
  const weighted = weights === undefined ? losses : losses.mul(perSample(loss, weights, losses));
  if (reduction === 'none') return weighted;
  if (reduction === 'sum') return weighted.sum();
  if (weights === undefined && counts === undefined) return losses.mean();
  return weighted.sum().div(divisor(loss, losses, weights, counts));
}

/** Σ of the weights of all losses, or 1 where that is 0, so that a batch without weight has the loss 0. */
function divisor(loss: string, losses: Tensor, weights: Tensor | undefined, counts: Tensor | undefined): Tensor {
  const factors = [weights, counts].filter((factor) => factor !== undefined).map((factor) => perSample(loss, factor, losses));
  const perLoss = factors.reduce((product, factor) => product.mul(factor));
  const total = perLoss.sum().mul(losses.size / perLoss.size);
  return total.equal(0).where(1, total);
}

/** `weights` [N] as [N, 1, …], in the dtype of the losses [N, …]. */
function perSample(loss: string, weights: Tensor, losses: Tensor): Tensor {
  const samples = losses.shape[0];
  if (samples === undefined || weights.rank !== 1 || weights.shape[0] !== samples) {
    const expected =
      samples === undefined ? 'no weights for a loss without a batch axis' : `weights of shape [${samples}], one per sample`;
    throw new HebbError('shape', `${loss}: expected ${expected}, received ${show(weights)}.`);
  }
  const typed = weights.dtype === losses.dtype ? weights : weights.cast(losses.dtype);
  return losses.rank === 1 ? typed : typed.reshape([samples, ...losses.shape.slice(1).fill(1)]);
}
