import { type DType, type ErrorCode, type Shape, type Tensor, zeros } from '@hebb/tensor';
import { describe, it } from 'vitest';
import { expectHebbError } from './errors.js';

/** What is called, the code of the error it must throw, and what its message must say. */
export type ErrorCase = readonly [fn: () => unknown, code: ErrorCode, ...messageParts: string[]];

/** Declares one vitest test for each call that must fail. */
export function testErrors(cases: Readonly<Record<string, ErrorCase>>): void {
  describe('errors', () => {
    for (const [name, [fn, code, ...messageParts]] of Object.entries(cases)) {
      it(name, () => expectHebbError(fn, code, ...messageParts));
    }
  });
}

/** A tensor that was disposed. */
export function disposedTensor<D extends DType = 'float32'>(shape: Shape, dtype?: D): Tensor<D> {
  const tensor = zeros(shape, dtype);
  tensor.dispose();
  return tensor;
}
