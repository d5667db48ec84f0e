import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HebbError } from '@hebb/tensor';
import { fileFault, reasonOf } from './faults.js';

/**
 * Writes a file so that at every moment, power cuts included, `path` is either the old file or the whole new one: into a
 * temporary file in the same folder, flushed, renamed, and the folder flushed. If anything fails, the temporary file is removed.
 *
 * @throws HebbError `file` for failures of the system (no space, no permission, a path that is no regular file); errors of
 *   `write` itself, such as an abort, as they are.
 */
export async function atomicWrite(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const target = await resolveTarget(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeAndFlush(temporary, write);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw isSystemError(cause)
      ? fileFault(path, `could not be written: ${reasonOf(cause)}. The old file, if any, is as it was.`, cause)
      : cause;
  }
  await flushFolder(dirname(target));
}

/** Where a symbolic link leads, so that the link stays one. */
async function resolveTarget(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    if (!(await stat(target)).isFile()) throw fileFault(path, 'expected a regular file, or none, to write to.');
    return target;
  } catch (cause) {
    if (cause instanceof HebbError) throw cause;
    return path;
  }
}

async function writeAndFlush(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename last. Windows cannot open folders, and needs no such flush. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
