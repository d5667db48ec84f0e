import type { DType } from '../core/dtype.js';
import { HebbError } from '../core/errors.js';

const LIMITS: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-2147483648, 2147483647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
};

/** @throws HebbError `range` when an integer dtype cannot hold the number exactly. */
export function checkFits(where: string, value: number, dtype: DType): void {
  const limits = LIMITS[dtype];
  if (limits && !(Number.isInteger(value) && value >= limits[0] && value <= limits[1])) {
    throw new HebbError(
      'range',
      `${where}: ${dtype} holds whole numbers from ${limits[0]} to ${limits[1]}, received ${value}; choose another dtype, or cast with x.cast('${dtype}').`,
    );
  }
}
