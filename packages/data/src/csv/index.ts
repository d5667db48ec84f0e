export { type CategoryColumn, type CsvTable, loadCsv, type TableColumn, type TableColumnOf } from './load.js';
export { type CsvOptions, readCsv } from './read.js';
export type { ColumnSpec, ColumnType, CsvRecord, CsvSchema, MissingPolicy, TypeOf } from './schema.js';
export type { CsvSource } from './text.js';
