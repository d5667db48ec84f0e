import { HebbError } from '@hebb/tensor';

/** The contents of an IDX file of unsigned bytes. */
export interface IdxArray {
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

const UNSIGNED_BYTE = 0x08;

function fault(file: string, offset: number, expected: string, received: string): HebbError {
  return new HebbError('data', `${file}: at byte ${offset}: expected ${expected}, received ${received}.`);
}

/**
 * Reads an IDX file of unsigned bytes (Y. LeCun, "The MNIST database", file formats): two zero bytes, the type 0x08, the
 * number of dimensions, each dimension as a big-endian uint32, then the elements.
 *
 * @param bytes the uncompressed file; the result is a view of it. @param file its name, for messages.
 * @param rank the number of dimensions that is expected.
 * @throws HebbError `data` for a wrong magic number, a product of dimensions that overflows, truncation or trailing bytes.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const headerLength = 4 + 4 * rank;
  const magic = ((UNSIGNED_BYTE << 8) | rank) >>> 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw fault(file, 0, 'a magic number of 4 bytes', `${bytes.length} bytes in all`);
  if (view.getUint32(0) !== magic) throw fault(file, 0, `the IDX magic number ${hex(magic)}`, hex(view.getUint32(0)));
  if (bytes.length < headerLength)
    throw fault(file, 4, `${rank} dimensions, ${headerLength} bytes of header`, `${bytes.length} bytes in all`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count)) throw fault(file, 4, 'dimensions whose product is below 2^53', `[${shape.join(', ')}]`);
  const expected = `${count} bytes of elements for [${shape.join(', ')}]`;
  const received = bytes.length - headerLength;
  if (received < count) throw fault(file, headerLength, expected, `${received}: the file is truncated`);
  if (received > count) throw fault(file, headerLength + count, 'the end of the file', `${received - count} trailing bytes`);
  return { data: bytes.subarray(headerLength), shape };
}

/**
 * Labels of an IDX file, checked.
 * @throws HebbError `data` for a label outside 0 … `classes` − 1, besides the faults of {@link parseIdx}.
 */
export function parseIdxLabels(bytes: Uint8Array, file: string, classes: number): IdxArray {
  const labels = parseIdx(bytes, file, 1);
  const wrong = labels.data.findIndex((label) => label >= classes);
  if (wrong >= 0) throw fault(file, 8 + wrong, `a label from 0 to ${classes - 1}`, `${labels.data[wrong]}`);
  return labels;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
