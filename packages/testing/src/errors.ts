import { type ErrorCode, HebbError } from '@hebb/tensor';

/**
 * Runs `fn` and checks that it throws a HebbError of this code whose message holds all the parts: op, expected and received, say.
 * @throws Error when it does not
 */
export function expectHebbError(fn: () => unknown, code: ErrorCode, ...messageParts: string[]): void {
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    checkError(error, code, messageParts);
    return;
  }
  throw new Error(`Expected an error with code '${code}'; nothing was thrown, and the result is ${String(result)}.`);
}

/** The same for a promise, which must reject. */
export async function expectHebbRejection(promise: Promise<unknown>, code: ErrorCode, ...messageParts: string[]): Promise<void> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    checkError(error, code, messageParts);
    return;
  }
  throw new Error(`Expected a rejection with code '${code}'; the promise gave ${String(result)}.`);
}

function checkError(error: unknown, code: ErrorCode, messageParts: readonly string[]): void {
  if (!(error instanceof HebbError)) throw new Error(`Expected a HebbError, received ${String(error)}.`, { cause: error });
  if (error.code !== code) {
    throw new Error(`Expected code '${code}', received '${error.code}': ${error.message}`, { cause: error });
  }
  const missing = messageParts.filter((part) => !error.message.includes(part));
  if (missing.length > 0) {
    throw new Error(`Expected ${JSON.stringify(missing)} in the message: ${error.message}`, { cause: error });
  }
}
