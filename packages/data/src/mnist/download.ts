import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HebbError } from '@hebb/tensor';

/** How far a download has come. */
export interface DownloadProgress {
  /** The name of the file. */
  readonly file: string;
  /** Bytes received so far. */
  readonly received: number;
  /** Bytes in all, if the server says so. */
  readonly total: number | undefined;
}

/** Options of {@link download}. */
export interface DownloadOptions {
  /** Where the file goes; its folder is made if missing. */
  readonly target: string;
  /** Short name, for messages and progress. */
  readonly file: string;
  /** Most bytes to accept. */
  readonly limit: number;
  /** Throws if the bytes are not the right ones. */
  readonly verify: (bytes: Uint8Array) => Promise<void>;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file: into memory, verified there, then to a temporary file beside the target, flushed and renamed. Whatever
 * happens, the target is either absent or whole.
 *
 * @returns the bytes.
 * @throws HebbError `data` if the address cannot be reached, answers with an error, sends more than `limit` bytes, or the
 *   bytes fail `verify`; `file` if they cannot be written.
 */
export async function download(address: string, options: DownloadOptions): Promise<Uint8Array> {
  const bytes = await fetchBytes(address, options);
  await options.verify(bytes);
  await writeWhole(options.target, bytes);
  return bytes;
}

async function fetchBytes(address: string, options: DownloadOptions): Promise<Uint8Array> {
  const { file, limit, onProgress, signal } = options;
  try {
    const response = await fetch(address, signal === undefined ? {} : { signal });
    if (!response.ok || response.body === null)
      throw unreachable(address, `the answer was ${response.status} ${response.statusText}`);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isSafeInteger(length) ? length : undefined;
    const pieces: Uint8Array[] = [];
    let received = 0;
    for await (const piece of response.body) {
      pieces.push(piece);
      received += piece.length;
      if (received > limit)
        throw new HebbError('data', `${file}: expected at most ${limit} bytes from ${address}, received more.`);
      onProgress?.({ file, received, total });
    }
    return Buffer.concat(pieces);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof HebbError) throw cause;
    const detail =
      cause instanceof Error ? (cause.cause instanceof Error && cause.cause.message) || cause.message : String(cause);
    throw unreachable(address, detail, cause);
  }
}

function unreachable(address: string, reason: string, cause?: unknown): HebbError {
  const advice = 'Check the connection, or put the files into a folder and name it with the option "data" or in HEBB_DATA.';
  return new HebbError('data', `Could not download ${address}: ${reason}. ${advice}`, { cause });
}

async function writeWhole(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HebbError('file', `${target}: could not be written: ${reason}.`, { cause });
  }
}
