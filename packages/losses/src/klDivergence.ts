import { HebbError, type Tensor } from '@hebb/tensor';
import { alike } from './check.js';
import { type LossOptions, type Reduction, reduce } from './reduction.js';

/** Options of {@link klDivergence}. */
export interface KlDivergenceOptions extends Omit<LossOptions, 'reduction'> {
  /**
   * `batchMean`, the default, is the divergence itself: summed over the classes and averaged over the samples. `mean` divides
   * by the number of elements, as PyTorch's default does.
   */
  readonly reduction?: Reduction | 'batchMean';
  /** Whether the targets are logarithms too. Default false. */
  readonly logTargets?: boolean;
}

/**
 * Kullback–Leibler divergence Σ t (ln t − ln p); PyTorch's `KLDivLoss`. A target of 0 contributes 0.
 * Source: Kullback and Leibler, "On Information and Sufficiency", Ann. Math. Statist. 1951.
 *
 * @param logPredictions logarithms of probabilities, float [N, …], e.g. `logits.logSoftmax()`.
 * @param targets probabilities of the same shape and dtype, or their logarithms with `logTargets`.
 * @returns a scalar, or the terms [N, …] for `reduction: 'none'`.
 * @throws HebbError `shape` or `dtype` if the two differ, or the weights are not [N].
 */
export function klDivergence(logPredictions: Tensor, targets: Tensor, options: KlDivergenceOptions = {}): Tensor {
  const [y, t] = alike('klDivergence', logPredictions, targets);
  const { reduction = 'batchMean', logTargets = false, ...rest } = options;
  const terms = logTargets ? t.exp().mul(t.sub(y)) : t.mul(safeLog(t).sub(y));
  if (reduction !== 'batchMean') return reduce('klDivergence', terms, { ...rest, reduction });
  if (terms.rank === 0) throw new HebbError('shape', 'klDivergence: expected [N, …], received a scalar.');
  const features = terms.shape.slice(1).map((_, axis) => axis + 1);
  return reduce('klDivergence', features.length === 0 ? terms : terms.sum(features), { ...rest, reduction: 'mean' });
}

/** ln x, and 0 for x = 0, where x ln x is 0. */
function safeLog(x: Tensor): Tensor {
  return x.equal(0).where(1, x).log();
}
