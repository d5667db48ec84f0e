import { HebbError, scope, show, stack, type Tensor } from '@hebb/tensor';
import { type Structure, structureOf } from './structure.js';

/** @throws HebbError `argument`, `range` for a count that is none. */
export function checkUnroll(unroll: unknown): void {
  if (unroll === undefined || (Number.isInteger(unroll) && (unroll as number) >= 1)) return;
  throw new HebbError('range', `compile: unroll: expected a whole number from 1, received ${String(unroll)}.`);
}

/** @throws HebbError `shape` unless all tensors are [times, ...]. */
export function checkStacked({ tensors }: Structure, times: number): void {
  const wrong = tensors.find(({ shape }) => shape[0] !== times);
  if (wrong === undefined) return;
  throw new HebbError(
    'shape',
    `step: with unroll: ${times} every argument is [${times}, ...], a part for each run; received ${show(wrong)}.`,
  );
}

/** Calls `fn` as it was written, on the parts of stacked arguments, and stacks its results. */
export function runUnrolled(fn: (...args: never) => unknown, args: readonly unknown[], times: number): unknown {
  const input = structureOf(args, 'arguments');
  checkStacked(input, times);
  const runs = Array.from({ length: times }, (_, i) => {
    const parts = input.tensors.map((tensor) => partOf(tensor, i));
    return structureOf(fn(...(input.rebuild(parts) as never)), 'results');
  });
  return runs[0].rebuild(runs[0].tensors.map((_, k) => stack(runs.map(({ tensors }) => tensors[k]))));
}

/** Part i of a tensor [times, ...]. */
function partOf(tensor: Tensor, i: number): Tensor {
  const [, ...shape] = tensor.shape;
  const start = tensor.shape.map((_, axis) => (axis === 0 ? i : 0));
  return scope(() => tensor.slice(start, [1, ...shape]).reshape(shape));
}
