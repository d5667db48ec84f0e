import { HebbError } from '@hebb/tensor';

// Sizes and offsets from files go through here. Numbers are exact up to 2^53, 8 PiB; beyond, these throw instead of rounding.

/** The value if it is an integer from 0 to 2^53 − 1. */
export function checkedSize(what: string, value: number | bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new HebbError('file', `${what}: expected an integer from 0 to 2^53 − 1, received ${value}.`);
  return number;
}

export function checkedSum(what: string, ...terms: readonly number[]): number {
  return checkedSize(
    what,
    terms.reduce((sum, term) => sum + term, 0),
  );
}

/** The product of sizes. Fails as soon as a partial product is too large, even if a later factor is 0. */
export function checkedProduct(what: string, factors: readonly number[]): number {
  let product = 1;
  for (const factor of factors) product = checkedSize(what, product * checkedSize(what, factor));
  return product;
}

/** Tensors start at multiples of this many bytes: a cache line, and enough for every vector instruction. */
export const ALIGNMENT = 64;

/** The least multiple of {@link ALIGNMENT} that is not below `offset`. */
export function alignUp(what: string, offset: number): number {
  return checkedSum(what, offset, (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT);
}
