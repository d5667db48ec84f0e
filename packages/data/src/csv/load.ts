import { HebbError } from '@hebb/tensor';
import { CategoryEncoder } from './categories.js';
import { type CsvOptions, readCsv } from './read.js';
import { type ColumnSpec, type CsvSchema, resolveSchema, type TypeOf } from './schema.js';
import type { CsvSource } from './text.js';

/** A column of categories: a code per row, and what the codes mean. */
export interface CategoryColumn {
  /** Index into `categories`, per row. */
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

/** A column of a {@link CsvTable}. */
export type TableColumn = Float64Array | readonly string[] | CategoryColumn;

/** What a column of the schema becomes. */
export type TableColumnOf<C extends ColumnSpec> =
  TypeOf<C> extends 'number' | 'integer' ? Float64Array : TypeOf<C> extends 'category' ? CategoryColumn : readonly string[];

/** A whole CSV file, column by column. */
export interface CsvTable<S extends CsvSchema> {
  /** How many rows. */
  readonly length: number;
  readonly columns: { readonly [K in keyof S as TypeOf<S[K]> extends 'skip' ? never : K]: TableColumnOf<S[K]> };
}

interface ColumnBuilder {
  push(value: number | string): void;
  finish(): TableColumn;
}

/**
 * Reads a whole CSV file into columns: Float64Array for `number` and `integer`, strings for `string`, codes for `category`.
 * Options and errors are those of {@link readCsv}; a file without any row left is a `data` error too.
 */
export async function loadCsv<const S extends CsvSchema>(source: CsvSource, options: CsvOptions<S>): Promise<CsvTable<S>> {
  const builders = new Map<string, ColumnBuilder>();
  for (const [name, column] of resolveSchema(options.columns)) {
    if (column === undefined) continue;
    builders.set(
      name,
      column.type === 'category'
        ? categoryBuilder(column.categories)
        : column.type === 'string'
          ? textBuilder()
          : numberBuilder(),
    );
  }
  let length = 0;
  for await (const record of readCsv(source, options)) {
    for (const [name, value] of Object.entries<number | string>(record)) builders.get(name)?.push(value);
    length += 1;
  }
  if (length === 0) throw new HebbError('data', 'loadCsv: expected at least one row of values, received none.');
  const columns = Object.fromEntries([...builders].map(([name, builder]) => [name, builder.finish()]));
  return { length, columns: columns as CsvTable<S>['columns'] };
}

function numberBuilder(): ColumnBuilder {
  const values: number[] = [];
  return { push: (value) => values.push(Number(value)), finish: () => Float64Array.from(values) };
}

function textBuilder(): ColumnBuilder {
  const values: string[] = [];
  return { push: (value) => values.push(String(value)), finish: () => values };
}

function categoryBuilder(categories: ReadonlySet<string> | undefined): ColumnBuilder {
  const encoder = new CategoryEncoder(categories);
  const codes: number[] = [];
  return {
    push: (value) => codes.push(encoder.encode(String(value))),
    finish: () => ({ codes: Int32Array.from(codes), categories: encoder.categories }),
  };
}
