import { HebbError } from '@hebb/tensor';

/** How the cells of a column are read. */
export type ColumnType = 'number' | 'integer' | 'string' | 'category' | 'skip';

/** What to do with a missing cell: fail, leave out the row, or put in a value (which may be `NaN`). */
export type MissingPolicy<V> = 'error' | 'skipRow' | { readonly fill: V };

interface NumberSpec {
  readonly type: 'number' | 'integer';
  readonly missing?: MissingPolicy<number>;
}

interface TextSpec {
  readonly type: 'string';
  readonly missing?: MissingPolicy<string>;
}

interface CategorySpec {
  readonly type: 'category';
  readonly missing?: MissingPolicy<string>;
  /** The categories, in order; another one in the file is an error. Default: those of the file, by first appearance. */
  readonly categories?: readonly string[];
}

/** A column: its type alone, or with options. */
export type ColumnSpec = ColumnType | NumberSpec | TextSpec | CategorySpec | { readonly type: 'skip' };

/** Columns by name; without a header line, in the order of the file. */
export type CsvSchema = Readonly<Record<string, ColumnSpec>>;

/** The type in a {@link ColumnSpec}. */
export type TypeOf<C extends ColumnSpec> = C extends ColumnType ? C : C extends { readonly type: infer T } ? T : never;

/** A row: numbers and strings by column name, without the skipped columns. */
export type CsvRecord<S extends CsvSchema> = {
  -readonly [K in keyof S as TypeOf<S[K]> extends 'skip' ? never : K]: TypeOf<S[K]> extends 'number' | 'integer'
    ? number
    : string;
};

/** @internal A column of the schema with its defaults filled in. */
export interface Column {
  readonly name: string;
  readonly type: Exclude<ColumnType, 'skip'>;
  readonly missing: MissingPolicy<number | string>;
  readonly categories: ReadonlySet<string> | undefined;
}

const TYPES: readonly string[] = ['number', 'integer', 'string', 'category', 'skip'];

/** @internal The columns of a schema; `undefined` for a skipped one. Checks what a program may get wrong. */
export function resolveSchema(schema: CsvSchema): Map<string, Column | undefined> {
  const columns = new Map<string, Column | undefined>();
  for (const [name, spec] of Object.entries(schema)) columns.set(name, resolveColumn(name, spec));
  if (![...columns.values()].some((column) => column !== undefined)) {
    throw new HebbError('argument', 'CSV schema: expected at least one column that is not skipped.');
  }
  return columns;
}

function resolveColumn(name: string, spec: ColumnSpec): Column | undefined {
  const full = typeof spec === 'string' ? { type: spec } : spec;
  if (!TYPES.includes(full.type)) {
    throw new HebbError(
      'argument',
      `CSV schema: column "${name}": expected a type of ${TYPES.join(', ')}, received "${full.type}".`,
    );
  }
  if (full.type === 'skip') return undefined;
  const missing = ('missing' in full ? full.missing : undefined) ?? (full.type === 'string' ? { fill: '' } : 'error');
  checkMissing(name, full.type, missing);
  const categories = 'categories' in full && full.categories !== undefined ? new Set(full.categories) : undefined;
  if (categories?.size === 0)
    throw new HebbError('argument', `CSV schema: column "${name}": expected at least one category, received none.`);
  return { name, type: full.type, missing, categories };
}

function checkMissing(name: string, type: ColumnType, missing: MissingPolicy<number | string>): void {
  if (missing === 'error' || missing === 'skipRow') return;
  const expected = type === 'number' || type === 'integer' ? 'number' : 'string';
  if (typeof missing !== 'object' || missing === null || typeof missing.fill !== expected) {
    throw new HebbError('argument', `CSV schema: column "${name}": missing must be 'error', 'skipRow' or { fill: ${expected} }.`);
  }
}
