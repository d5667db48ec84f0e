import { type DataOf, type Device, type DType, HebbError, type Tensor, tensor } from '@hebb/tensor';
import { bfloat16Bits, float16Bits, fromBfloat16Bits, fromFloat16Bits } from './half.js';

/** Throws on the rare machine whose typed arrays are not in the byte order of the files. */
export function checkByteOrder(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
    throw new HebbError('unsupported', 'Hebb files are little-endian; this machine is not.');
  }
}

/** The elements as they stand in the file: a view where possible. */
export async function elementBytes(value: Tensor): Promise<Uint8Array> {
  const data = await value.data();
  const array = data instanceof Float32Array ? narrow(value.dtype, data) : data;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function narrow(dtype: DType, data: Float32Array): Float32Array | Uint16Array {
  if (dtype === 'bfloat16') return bfloat16Bits(data);
  return dtype === 'float16' ? float16Bits(data) : data;
}

/** The tensor of the elements in `buffer`. @throws HebbError `file` for a bool that is neither 0 nor 1. */
export function tensorFromBytes(
  buffer: ArrayBuffer,
  dtype: DType,
  shape: readonly number[],
  where: string,
  device?: Device,
): Tensor {
  return tensor(typedArray(buffer, dtype, where), { shape, dtype, device });
}

function typedArray(buffer: ArrayBuffer, dtype: DType, where: string): DataOf<DType> {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'bfloat16':
      return fromBfloat16Bits(new Uint16Array(buffer));
    case 'float16':
      return fromFloat16Bits(new Uint16Array(buffer));
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint8':
      return new Uint8Array(buffer);
    case 'bool':
      return checkedBools(new Uint8Array(buffer), where);
  }
}

function checkedBools(bytes: Uint8Array<ArrayBuffer>, where: string): Uint8Array<ArrayBuffer> {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong >= 0) throw new HebbError('file', `${where}: element ${wrong}: expected a bool, 0 or 1, received ${bytes[wrong]}.`);
  return bytes;
}
