import { type DType, type Tensor, tensor } from '@hebb/tensor';

export interface Tolerance {
  /** Allowed difference relative to what is expected. */
  readonly rtol: number;
  /** Allowed difference in any case. */
  readonly atol: number;
}

/** The tolerances of PyTorch's assert_close; integers and bools must be equal. */
export const TOLERANCES: Readonly<Record<DType, Tolerance>> = {
  float64: { rtol: 1e-7, atol: 1e-7 },
  float32: { rtol: 1.3e-6, atol: 1e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
  float16: { rtol: 1e-3, atol: 1e-5 },
  int32: { rtol: 0, atol: 0 },
  int64: { rtol: 0, atol: 0 },
  uint8: { rtol: 0, atol: 0 },
  bool: { rtol: 0, atol: 0 },
};

/** Whether two numbers agree. NaN equals only NaN, and an infinity only itself. */
export function close(received: number, expected: number, { rtol, atol }: Tolerance): boolean {
  if (Object.is(received, expected) || received === expected) return true;
  if (!Number.isFinite(expected) || !Number.isFinite(received)) return false;
  return Math.abs(received - expected) <= atol + rtol * Math.abs(expected);
}

/**
 * Compares a tensor with nested arrays or another tensor: dtype (of a tensor), shape, and every value.
 * @throws Error naming `what` and the first value that differs
 */
export function expectClose(
  received: Tensor,
  expected: Tensor | Parameters<typeof tensor>[0],
  { what = 'the tensor', ...tolerance }: Partial<Tolerance> & { what?: string } = {},
): void {
  const wanted = isTensor(expected) ? expected : tensor(expected, { dtype: 'float64' });
  if (isTensor(expected) && received.dtype !== wanted.dtype)
    throw new Error(`${what}: expected dtype ${wanted.dtype}, received ${received.dtype}.`);
  if (received.shape.join() !== wanted.shape.join())
    throw new Error(`${what}: expected shape [${wanted.shape}], received [${received.shape}].`);
  const [mine, theirs] = [received.dataSync(), wanted.dataSync()];
  const limits = { ...TOLERANCES[received.dtype], ...tolerance };
  for (let i = 0; i < mine.length; i++) {
    if (agree(mine[i], theirs[i], limits)) continue;
    throw new Error(
      `${what}: expected ${theirs[i]} at element ${i} of ${received.dtype} [${received.shape}], received ${mine[i]} (rtol ${limits.rtol}, atol ${limits.atol}).`,
    );
  }
}

/** Integers of 64 bits are compared as such: Number would round them. */
function agree(received: number | bigint, expected: number | bigint, limits: Tolerance): boolean {
  if (typeof received === 'bigint' && typeof expected === 'bigint') return received === expected;
  return close(Number(received), Number(expected), limits);
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dataSync' in value;
}
