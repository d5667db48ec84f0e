import { pipeline, Readable } from 'node:stream';
import { HebbError } from '@hebb/tensor';
import { CsvError, parse } from 'csv-parse';
import { type CsvSource, readText, sourceName } from './text.js';

/** @internal A row of cells and the line it ends on, from 1. */
export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** @internal How rows and cells are told apart. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly maxRowLength: number;
}

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** @internal The rows of a source by RFC 4180, one at a time. Empty lines are left out. */
export async function* readRows(source: CsvSource, dialect: Dialect): AsyncGenerator<Row, void, undefined> {
  const parser = parse({
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: dialect.maxRowLength,
    relax_column_count: true, // row widths are checked by the caller, which knows the columns' names
    skip_empty_lines: true,
    info: true,
    bom: true,
  });
  pipeline(Readable.from(readText(source)), parser, () => undefined); // an error reaches the loop below through the parser
  const rows: AsyncIterable<Parsed> = parser;
  try {
    for await (const { record, info } of rows) yield { cells: record, line: info.lines };
  } catch (cause) {
    throw cause instanceof CsvError ? syntaxFault(sourceName(source), dialect, cause) : cause;
  } finally {
    parser.destroy();
  }
}

function syntaxFault(source: string, dialect: Dialect, cause: CsvError): HebbError {
  const column = typeof cause.column === 'number' ? `, column ${cause.column + 1}` : '';
  const place = `${source}: line ${String(cause.lines)}${column}`;
  switch (cause.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return new HebbError(
        'data',
        `${place}: expected at most ${dialect.maxRowLength} characters in a row; raise "maxRowLength" if that is intended.`,
        { cause },
      );
    case 'CSV_QUOTE_NOT_CLOSED':
      return new HebbError('data', `${place}: expected a closing ${dialect.quote}, received the end of the file.`, { cause });
    default:
      return new HebbError('data', `${place}: not well-formed CSV (RFC 4180): ${cause.message}.`, { cause });
  }
}
