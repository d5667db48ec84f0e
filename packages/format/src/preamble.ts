import { createHash } from 'node:crypto';
import { checkedSize } from './arithmetic.js';
import { fileFault } from './faults.js';

/** What every file starts with, in 64 bytes; numbers are little-endian. */
export interface Preamble {
  readonly headerLength: number;
  readonly fileLength: number;
  /** SHA-256 of the first 32 bytes of the preamble and the header. */
  readonly digest: Uint8Array;
}

export const PREAMBLE_LENGTH = 64;

/** The version this package writes, and the only one it reads. */
export const VERSION = 1;

/** The largest header that is read or written: room for about 100,000 tensors. */
export const MAX_HEADER_LENGTH = 2 ** 24;

// As in PNG: a byte that is not ASCII, and line ends, show a file that was mangled as text.
const MAGIC = Uint8Array.of(0x89, 0x48, 0x45, 0x42, 0x42, 0x0d, 0x0a, 0x1a);
const CHECKED_LENGTH = 32;

/** magic[8] version[4] reserved[4] headerLength[8] fileLength[8] digest[32]. */
export function encodePreamble(header: Uint8Array, fileLength: number): Uint8Array {
  const bytes = new Uint8Array(PREAMBLE_LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setBigUint64(16, BigInt(header.length), true);
  view.setBigUint64(24, BigInt(fileLength), true);
  bytes.set(digestOf(bytes, header), CHECKED_LENGTH);
  return bytes;
}

/** Reads a preamble and checks it against the length of the file. */
export function decodePreamble(bytes: Uint8Array, fileLength: number, path: string): Preamble {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!MAGIC.every((byte, index) => byte === bytes[index]))
    throw fileFault(path, 'at byte 0: expected the mark of a Hebb file; this is another kind of file.');
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    const advice = version > VERSION ? ' It was written by a newer release of @hebb/format.' : '';
    throw fileFault(path, `at byte 8: expected version ${VERSION}, received ${version}.${advice}`);
  }
  if (view.getUint32(12, true) !== 0) throw fileFault(path, 'at byte 12: expected zeros in the reserved field.');
  const headerLength = checkedSize(`${path}: at byte 16: the header length`, view.getBigUint64(16, true));
  const claimed = checkedSize(`${path}: at byte 24: the file length`, view.getBigUint64(24, true));
  if (claimed !== fileLength) {
    throw fileFault(
      path,
      `at byte 24: expected ${claimed} bytes in all, received ${fileLength}: the file is ${claimed > fileLength ? 'truncated' : 'too long'}.`,
    );
  }
  if (headerLength > MAX_HEADER_LENGTH || PREAMBLE_LENGTH + headerLength > fileLength) {
    throw fileFault(
      path,
      `at byte 16: expected a header of at most ${Math.min(MAX_HEADER_LENGTH, fileLength - PREAMBLE_LENGTH)} bytes, received a length of ${headerLength}.`,
    );
  }
  return { headerLength, fileLength, digest: bytes.slice(CHECKED_LENGTH, PREAMBLE_LENGTH) };
}

/** Throws unless the preamble and the header are as they were written. */
export function verifyHeader(preamble: Uint8Array, header: Uint8Array, path: string): void {
  const digest = digestOf(preamble, header);
  if (!digest.every((byte, index) => byte === preamble[CHECKED_LENGTH + index])) {
    throw fileFault(path, 'at byte 32: the checksum of the header does not match: the file is damaged.');
  }
}

function digestOf(preamble: Uint8Array, header: Uint8Array): Uint8Array {
  return createHash('sha256').update(preamble.subarray(0, CHECKED_LENGTH)).update(header).digest();
}
