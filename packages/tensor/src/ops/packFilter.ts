import type { Op, Spec } from '../core/op.js';
import type { Shape } from '../core/shape.js';
import { type Conv, convAttributes } from './conv2d.js';

interface Pack extends Conv {
  /** [N, H, W, C] of the images that the filters are for. */
  image: Shape;
}

/** Elements before the filters, which say how they are laid out. */
const HEADER = 16;
/** Channels are padded to the widest vectors, of which a panel of filters has four. */
const LANES = 16;
const PANEL = 64;
/** Transformed filters of 3 × 3 and 5 × 5 are 6 × 6 planes (native/src/cpu/winograd.h), kept apart by lines of the cache. */
const POINTS = 36;
const APART = 64;

/** Filters w [out, kh, kw, in] in a layout of the engine's own, for the `packed` operand of conv2d: made once, when they do not change. */
export const packFilterOp: Op<Pack> = {
  name: 'packFilter',
  infer: ([w]) => [{ dtype: 'float32', shape: [packedSize(w)] }],
  view: (_inputs, _outputs, { image, ...conv }) => ({ attributes: [...convAttributes(conv), ...image] }),
};

function packedSize({ shape: [k, kh, kw, c] }: Spec): number {
  const pad = (n: number, to: number): number => Math.ceil(n / to) * to;
  if (kh !== kw || (kh !== 3 && kh !== 5)) return HEADER + pad(k, LANES) * pad(c, LANES) * kh * kw;
  return HEADER + (pad(k, PANEL) / PANEL) * POINTS * (pad(c, LANES) * PANEL + APART);
}
