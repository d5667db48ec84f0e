import { readFileSync } from 'node:fs';
import { type Device, type DType, type Tensor, tensor } from '@hebb/tensor';

/** A tensor as golden files write it; "float" stands for every float dtype that is tested. */
export interface GoldenTensor {
  readonly dtype: DType | 'float';
  readonly shape: readonly number[];
  /** Row-major; NaN and the infinities as words, integers past 2^53 as digits. */
  readonly data: readonly (number | string)[];
}

/** One call of an op as PyTorch computed it. Written by `tools/golden`. */
export interface GoldenCase<A> {
  readonly name: string;
  readonly attributes: A;
  /** Whether finite differences make sense here: no kinks, ties, NaN or infinities, and not too many elements. */
  readonly smooth: boolean;
  readonly inputs: readonly GoldenTensor[];
  readonly outputs: readonly GoldenTensor[];
  /** The gradient of the loss with respect to each output; null for outputs that have none. */
  readonly cotangents?: readonly (GoldenTensor | null)[];
  /** The gradients that follow from them; null for inputs that have none. */
  readonly gradients?: readonly (GoldenTensor | null)[];
}

/** The cases of one op in a golden file. */
export function goldenCases<A>(file: URL, op: string): readonly GoldenCase<A>[] {
  const ops = JSON.parse(readFileSync(file, 'utf8')) as Record<string, readonly GoldenCase<A>[]>;
  if (!ops[op]) throw new Error(`${file.pathname} has no cases of ${op}.`);
  return ops[op];
}

/** The golden value as a tensor. @param device default 'cpu' */
export function fromGolden(golden: GoldenTensor, float: DType, device: Device = 'cpu'): Tensor {
  return onHost(golden, float).to(device);
}

function onHost({ dtype, shape, data }: GoldenTensor, float: DType): Tensor {
  const target = dtype === 'float' ? float : dtype;
  if (target === 'int64')
    return tensor(
      BigInt64Array.from(data, (value) => BigInt(value)),
      { shape, device: 'cpu' },
    );
  // Not by way of float64: casting may flush denormals.
  if (target === 'float32') return tensor(Float32Array.from(data, Number), { shape, device: 'cpu' });
  return tensor(Float64Array.from(data, Number), { shape, device: 'cpu' }).cast(target);
}
