import { DEVICES, type Tensor } from '@hebb/tensor';
import { describe, it } from 'vitest';
import { checkOp, type OpCheck } from './checkOp.js';
import { presentDevices } from './devices.js';
import { goldenCases } from './golden.js';

/** How `testOp` differs from `checkOp`'s defaults. */
export type OpTestOptions = Pick<OpCheck<readonly Tensor[], unknown>, 'dtypes' | 'tolerance' | 'differences' | 'second'>;

/**
 * Declares one vitest test for every golden case of an op and every device; those of devices that are not there are skipped.
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
    const present = presentDevices();
    for (const golden of goldenCases<A>(file, op)) {
      for (const device of DEVICES) {
        const name = device === 'cpu' ? golden.name : `${golden.name} on ${device}`;
        it.skipIf(!present.includes(device))(name, () => checkOp({ ...options, devices: [device], fn, golden }));
      }
    }
  });
}
