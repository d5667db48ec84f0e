import type { Tensor } from '@hebb/tensor';
import { describe, it } from 'vitest';
import { checkOp, type OpCheck } from './checkOp.js';
import { goldenCases } from './golden.js';

/** How `testOp` differs from `checkOp`'s defaults. */
export type OpTestOptions = Pick<OpCheck<readonly Tensor[], unknown>, 'dtypes' | 'tolerance' | 'differences' | 'second'>;

/**
 * Declares one vitest test for every golden case of an op.
 *
 * ```ts
 * const golden = new URL('../../golden/softmax.json', import.meta.url);
 * testOp(golden, 'softmax', ([x]: [Tensor], { axis }: { axis: number }) => softmax(x, axis));
 * ```
 */
export function testOp<I extends readonly Tensor[], A>(
  file: URL,
  op: string,
  fn: OpCheck<I, A>['fn'],
  options: OpTestOptions = {},
): void {
  describe(op, () => {
    for (const golden of goldenCases<A>(file, op)) it(golden.name, () => checkOp({ ...options, fn, golden }));
  });
}
