import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { HebbError } from '@hebb/tensor';

/** Where CSV comes from: the path of a file, or pieces of bytes or text, e.g. a stream. */
export type CsvSource = string | AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** @internal The name of a source in messages. */
export function sourceName(source: CsvSource): string {
  return typeof source === 'string' ? source : 'CSV';
}

/**
 * @internal The text of a source in pieces: UTF-8 with or without a byte-order mark. Refuses what would otherwise turn
 * into silent nonsense: UTF-16, invalid UTF-8, NUL bytes.
 */
export async function* readText(source: CsvSource): AsyncGenerator<string, void, undefined> {
  const name = sourceName(source);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const position = { line: 1, column: 1 };
  let first = true;
  for await (const piece of open(source)) {
    if (first && typeof piece !== 'string') refuseUtf16(piece, name);
    first = false;
    const text = typeof piece === 'string' ? piece : decode(decoder, piece, name, position.line);
    refuseNul(text, name, position);
    yield text;
  }
  yield decode(decoder, undefined, name, position.line);
}

async function* open(source: CsvSource): AsyncGenerator<Uint8Array | string, void, undefined> {
  if (typeof source !== 'string') {
    yield* source;
    return;
  }
  try {
    yield* createReadStream(source) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new HebbError('data', `${source}: could not be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

function refuseUtf16(bytes: Uint8Array, name: string): void {
  const mark = (bytes[0] << 8) | bytes[1];
  if (mark === 0xfffe || mark === 0xfeff) {
    throw new HebbError(
      'data',
      `${name}: line 1, column 1: expected UTF-8, received a UTF-16 byte-order mark. Convert the file to UTF-8.`,
    );
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, name: string, line: number): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new HebbError(
      'data',
      `${name}: line ${line} or later: expected UTF-8, received bytes that are not. Convert the file to UTF-8.`,
      { cause },
    );
  }
}

/** Finds NULs, and keeps count of the lines for the message. */
function refuseNul(text: string, name: string, position: { line: number; column: number }): void {
  const nul = text.indexOf('\0');
  const end = nul < 0 ? text.length : nul;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    position.line += 1;
    position.column = 1;
    start = at + 1;
  }
  position.column += end - start;
  if (nul >= 0)
    throw new HebbError('data', `${name}: line ${position.line}, character ${position.column}: expected text, received a NUL.`);
}
