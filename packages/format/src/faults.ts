import { HebbError } from '@hebb/tensor';

/** The error of a file that is not what it should be. */
export function fileFault(path: string, detail: string, cause?: unknown): HebbError {
  return new HebbError('file', `${path}: ${detail}`, cause === undefined ? undefined : { cause });
}

/** What an unknown error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
