/**
 * What went wrong, for code that wants to tell errors apart.
 *
 * - `shape`, `dtype`, `range`, `device`: an operand or attribute that does not fit
 * - `argument`: an option or argument of the wrong kind
 * - `disposed`: a tensor used after its memory was freed
 * - `out-of-memory`: the device or the memory budget is exhausted
 * - `unsupported`: something this device or version cannot do
 * - `state`: a call at the wrong time (a result before any update, say)
 * - `data`, `file`: input from outside that is corrupt or cannot be read
 * - `internal`: a fault of Hebb itself; please report it
 */
export type ErrorCode =
  | 'shape'
  | 'dtype'
  | 'range'
  | 'device'
  | 'argument'
  | 'disposed'
  | 'out-of-memory'
  | 'unsupported'
  | 'state'
  | 'data'
  | 'file'
  | 'internal';

/** Every error that Hebb throws: says what was expected, what came, where, and what to do. */
export class HebbError extends Error {
  override readonly name = 'HebbError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
