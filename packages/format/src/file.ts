import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileFault, reasonOf } from './faults.js';

/** Bytes that are read or written at once. */
const PIECE = 8 * 2 ** 20;

/** An open regular file. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly length: number;
}

/** Runs `use` on the file at `path`, open for reading. @throws HebbError `file` unless it is a regular file. */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const handle = await openForReading(path);
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw fileFault(path, 'expected a regular file.');
    return await use({ handle, path, length: info.size });
  } finally {
    await handle.close();
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    // Without NONBLOCK, opening a FIFO waits for a writer. Windows has neither.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw fileFault(path, `could not be opened: ${reasonOf(cause)}.`, cause);
  }
}

/** Fills `target` from `position` on, piece by piece; `onPiece` sees each. @throws HebbError `file` if the file ends before. */
export async function readFully(
  file: OpenFile,
  target: Uint8Array,
  position: number,
  onPiece?: (piece: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let done = 0; done < target.length; ) {
    signal?.throwIfAborted();
    const length = Math.min(PIECE, target.length - done);
    const bytesRead = await readPiece(file, target, done, length, position + done);
    if (bytesRead === 0) {
      throw fileFault(
        file.path,
        `at byte ${position + done}: expected ${target.length - done} more bytes, received the end: the file shrank while it was read.`,
      );
    }
    onPiece?.(target.subarray(done, done + bytesRead));
    done += bytesRead;
  }
}

async function readPiece(file: OpenFile, target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
  try {
    return (await file.handle.read(target, offset, length, position)).bytesRead;
  } catch (cause) {
    throw fileFault(file.path, `at byte ${position}: could not be read: ${reasonOf(cause)}.`, cause);
  }
}

/** Writes all of `bytes` at `position`, piece by piece; `onPiece` sees each. */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  onPiece?: (piece: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    signal?.throwIfAborted();
    const { bytesWritten } = await handle.write(bytes, done, Math.min(PIECE, bytes.length - done), position + done);
    onPiece?.(bytes.subarray(done, done + bytesWritten));
    done += bytesWritten;
  }
}
