import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HebbError } from '@hebb/tensor';

const gunzipAsync = promisify(gunzip);

/** Whether the bytes start like a gzip file (RFC 1952, section 2.3.1). */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The contents of a file that may be gzipped.
 * @param limit most bytes that the contents may have, so that a zip bomb fails early.
 * @throws HebbError `data` if the stream is corrupt or unpacks to more than `limit` bytes.
 */
export async function unpack(bytes: Uint8Array, file: string, limit: number): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if (errorCode(cause) === 'ERR_BUFFER_TOO_LARGE') {
      throw new HebbError('data', `${file}: at byte 0: expected at most ${limit} bytes when unpacked, received more.`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HebbError('data', `${file}: at byte 0: expected an intact gzip stream, received one that fails with "${reason}".`, {
      cause,
    });
  }
}

/** The `code` of a Node error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
