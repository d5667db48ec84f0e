import { OPS, sameShape } from '@hebb/tensor';
import type { Node } from '../graph.js';

/** The engine's most sums in one `fused`. */
export const MOST_SUMS = 16;
/** Elements behind one element of the outermost axis, below which sums over axes in the middle have tiles too small to be worth it. */
const LEAST_TILE = 1024;
/** Rows below which the totals of columns cost more than a pass over memory. */
const LEAST_ROWS = 64;

type Form = readonly [outer: number, length: number, inner: number];

/** Its input as [outer, length, inner], of a sum or mean over `length` that elementwise nodes may take in; undefined of others. */
export function sumForm({ op, inputs, outputs, attributes }: Node): Form | undefined {
  if (op.name !== 'sum' && op.name !== 'mean') return undefined;
  const [form] = OPS.get(op.name)?.view?.(inputs, outputs, attributes as never).inputs ?? [];
  if (form === undefined) return undefined;
  const [outer, length, inner] = form;
  const worth = inner === 1 || (length >= LEAST_ROWS && (outer === 1 || length * inner >= LEAST_TILE));
  return worth ? [outer, length, inner] : undefined;
}

/** Whether sums go over the same axes, so that one pass over the elements makes all of them. */
export function sameForm(sums: readonly Node[]): boolean {
  const forms = sums.map(sumForm);
  return forms.every((form) => form && sameShape(form, forms[0] as Form));
}
