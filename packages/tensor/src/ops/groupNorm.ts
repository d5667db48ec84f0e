import { checkFloat, checkInteger, checkNumber, checkSame, checkWide, show } from '../core/check.js';
import { type DType, wideDType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';
import { sizeOf } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { ones, zeros } from './full.js';
import { layerNorm } from './layerNorm.js';

export interface GroupNormParameters<D extends DType> {
  /** [C], scales every channel, float32 where x has 16 bits; default: no scale. */
  gamma?: Tensor<D> | Tensor<'float32'>;
  /** [C], shifts every channel, float32 where x has 16 bits; default: no shift. */
  beta?: Tensor<D> | Tensor<'float32'>;
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Group normalisation (Wu & He 2018, section 3): in each example of x [N, …, C], each group of C / groups neighbouring channels gets
 * mean 0 and variance 1 over all its places; then channels are scaled by gamma and shifted by beta. One group is layer normalisation
 * of whole examples, C groups are instance normalisation.
 *
 * @throws HebbError `shape` for a rank below 2, or channels that do not divide into the groups; `dtype` unless x is of floats;
 * `range` unless groups is a whole number from 1.
 */
export function groupNorm<D extends DType>(
  x: Tensor<D>,
  groups: number,
  { gamma, beta, epsilon = 1e-5 }: GroupNormParameters<D> = {},
): Tensor<D> {
  checkNumber('groupNorm', 'epsilon', epsilon, 0);
  checkInput(x, groups);
  checkParameter(x, 'gamma', gamma);
  checkParameter(x, 'beta', beta);
  const normal = normalize(x, groups, epsilon);
  const scaled = gamma ? normal.mul(gamma.cast(x.dtype)) : normal;
  return beta ? scaled.add(beta.cast(x.dtype)) : scaled;
}

/** Groups as the rows of a layer normalisation, which has a kernel. */
function normalize<D extends DType>(x: Tensor<D>, groups: number, epsilon: number): Tensor<D> {
  const channels = x.shape[x.rank - 1] / groups;
  const places = sizeOf(x.shape.slice(1, -1));
  const size = places * channels;
  const rows = x.reshape([x.shape[0], places, groups, channels]).transpose([0, 2, 1, 3]);
  const wide = wideDType(x.dtype) as 'float32';
  const y = layerNorm<D>(
    rows.reshape([x.shape[0] * groups, size]),
    ones([size], { dtype: wide, device: x.device }),
    zeros([size], { dtype: wide, device: x.device }),
    { epsilon },
  );
  return y.reshape(rows.shape).transpose([0, 2, 1, 3]).reshape(x.shape);
}

function checkInput(x: Tensor, groups: number): void {
  checkFloat('groupNorm', x);
  checkInteger('groupNorm', 'groups', groups, 1);
  if (x.rank < 2) throw new HebbError('shape', `groupNorm: expected [N, …, channels], received ${show(x)}.`);
  if (x.shape[x.rank - 1] % groups !== 0)
    throw new HebbError('shape', `groupNorm: the channels of ${show(x)} do not divide into ${groups} groups.`);
}

function checkParameter(x: Tensor, what: string, parameter: Tensor | undefined): void {
  if (!parameter) return;
  checkWide('groupNorm', what, x, parameter);
  checkSame('groupNorm', what, parameter, [x.shape[x.rank - 1]]);
}
