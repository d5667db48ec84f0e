import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HebbError } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { type CsvSchema, loadCsv, readCsv, tableMatrix } from '../index.js';

async function rows<S extends CsvSchema>(text: string | Uint8Array, columns: S, options: object = {}): Promise<object[]> {
  const records: object[] = [];
  for await (const record of readCsv([text], { columns, ...options })) records.push(record);
  return records;
}

const faultOf = (text: string | Uint8Array, columns: CsvSchema, options: object = {}): Promise<unknown> =>
  rows(text, columns, options).then(
    (records) => records,
    (reason: unknown) => reason,
  );

describe('readCsv', () => {
  it('reads typed columns by name, and leaves out the others', async () => {
    const text = 'id,x,n,label,note\n1,0.5,7,a,"hi, ""you"""\n2,-1e3,8,b,\n';
    const columns = { x: 'number', n: 'integer', label: 'category', note: 'string', id: 'skip' } as const;
    expect(await rows(text, columns)).toEqual([
      { x: 0.5, n: 7, label: 'a', note: 'hi, "you"' },
      { x: -1000, n: 8, label: 'b', note: '' },
    ]);
  });

  it('follows RFC 4180: quotes, line ends of every kind, no last line end, empty lines', async () => {
    const columns = { a: 'string', b: 'number' } as const;
    const expected = [
      { a: 'x\ny', b: 1 },
      { a: 'z', b: 2 },
    ];
    expect(await rows('a,b\n"x\ny",1\nz,2', columns)).toEqual(expected);
    expect(await rows('a,b\r\n"x\ny",1\r\n\r\nz,2\r\n', columns)).toEqual(expected);
    expect(await rows('1;2\n3;4\n', { a: 'number', b: 'number' }, { header: false, delimiter: ';' })).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
  });

  it('takes a byte-order mark, and pieces that split characters', async () => {
    const bytes = Buffer.from('\ufeffa,b\nä€,1\n');
    const records: object[] = [];
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    for await (const record of readCsv(pieces, { columns: { a: 'string', b: 'number' } })) records.push(record);
    expect(records).toEqual([{ a: 'ä€', b: 1 }]);
    expect(await rows('\ufeffa\n1\n', { a: 'number' })).toEqual([{ a: 1 }]);
  });

  it('has a policy for missing cells', async () => {
    const text = 'x,y\n1,\nNA,2\n3,4\n';
    expect(
      await rows(text, { x: { type: 'number', missing: { fill: Number.NaN } }, y: { type: 'number', missing: 'skipRow' } }),
    ).toEqual([
      { x: Number.NaN, y: 2 },
      { x: 3, y: 4 },
    ]);
    expect(await faultOf(text, { x: 'number', y: 'number' })).toMatchObject({
      message: expect.stringMatching(/line 2, column "y".*missing/),
    });
    expect(await faultOf('x\n-9\n', { x: 'number' }, { missingValues: ['-9'] })).toBeInstanceOf(HebbError);
  });

  it.each<[string, string | Uint8Array, CsvSchema, RegExp]>([
    ['a ragged row', 'a,b\n1,2\n3\n', { a: 'number' }, /line 3, column 2: expected 2 cells.*received 1/],
    ['a row too long', 'a,b\n1,2,3\n', { a: 'number' }, /line 2, column 3: expected 2 cells.*received 3/],
    ['an unclosed quote', 'a,b\n1,"2\n3,4\n', { a: 'number' }, /line \d+, column 2: expected a closing "/],
    ['text after a quote', 'a,b\n1,"2"3\n', { a: 'number' }, /line 2, column 2: not well-formed/],
    ['a quote in a cell', 'a,b\n1,2"3\n', { a: 'number' }, /line 2, column 2: not well-formed/],
    ['NUL', 'a,b\n1,2\n3\0,4\n', { a: 'number' }, /line 3, character 2.*NUL/],
    ['1e999', 'a\n1e999\n', { a: 'number' }, /line 2, column "a": expected a finite decimal number, received "1e999"/],
    ['hexadecimal', 'a\n0x10\n', { a: 'number' }, /received "0x10"/],
    ['words', 'a\nInfinity\n', { a: 'number' }, /received "Infinity"/],
    ['a fraction for an integer', 'a\n1.5\n', { a: 'integer' }, /expected an integer.*"1.5"/],
    ['an integer that is too large', 'a\n9007199254740993\n', { a: 'integer' }, /expected an integer/],
    ['an unknown category', 'a\ny\n', { a: { type: 'category', categories: ['x'] } }, /categories "x", received "y"/],
    ['a missing column', 'a,b\n1,2\n', { c: 'number' }, /line 1: expected one column "c", received the columns a, b/],
    ['a column twice', 'a,a\n1,2\n', { a: 'number' }, /received 2 of them/],
    ['an empty file', '', { a: 'number' }, /empty file/],
    ['UTF-16', Buffer.from('\ufeffa\n1\n', 'utf16le'), { a: 'number' }, /UTF-16/],
    ['Latin-1', Buffer.from('a\né\n', 'latin1'), { a: 'string' }, /UTF-8/],
  ])('%s is an error with its place', async (_name, text, columns, message) => {
    const fault = await faultOf(text, columns);
    expect(fault).toBeInstanceOf(HebbError);
    expect(fault).toMatchObject({ code: 'data', message: expect.stringMatching(message) });
  });

  it('bounds a gigantic line', async () => {
    let pulled = 0;
    function* endless(): Generator<string> {
      yield 'a\n';
      for (;;) {
        pulled += 1;
        yield 'x'.repeat(65_536);
      }
    }
    const reading = async () => {
      for await (const _row of readCsv(endless(), { columns: { a: 'string' } })) break;
    };
    await expect(reading()).rejects.toThrow(/at most 1048576 characters in a row/);
    expect(pulled).toBeLessThan(100);
    expect(await faultOf('a\nxxxxx\n', { a: 'string' }, { maxRowLength: 3 })).toBeInstanceOf(HebbError);
  });

  it('stops reading when the loop is left', async () => {
    let pulled = 0;
    function* endless(): Generator<string> {
      yield 'a\n';
      for (;;) {
        pulled += 1;
        yield '1\n'.repeat(100);
      }
    }
    for await (const row of readCsv(endless(), { columns: { a: 'number' } })) if (row.a === 1) break;
    expect(pulled).toBeLessThan(1000);
  });

  it('refuses bad options', async () => {
    expect(await faultOf('a\n', {})).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: 'skip' })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: 'float' as 'number' })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: { type: 'number', missing: { fill: 'x' as never } } })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: { type: 'category', categories: [] } })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: 'number' }, { delimiter: '"' })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: 'number' }, { delimiter: ';;' })).toMatchObject({ code: 'argument' });
    expect(await faultOf('a\n', { a: 'number' }, { maxRowLength: 0 })).toMatchObject({ code: 'range' });
  });
});

describe('loadCsv', () => {
  it('makes columns, codes for categories, and a matrix of them', async () => {
    const columns = { x: 'number', color: 'category', name: 'string' } as const;
    const table = await loadCsv(['x,color,name\n1,red,p\n2,blue,q\n3,red,r\n'], { columns });
    expect(table.length).toBe(3);
    expect(table.columns.x).toEqual(Float64Array.of(1, 2, 3));
    expect(table.columns.color).toEqual({ codes: Int32Array.of(0, 1, 0), categories: ['red', 'blue'] });
    expect(table.columns.name).toEqual(['p', 'q', 'r']);
    expect(tableMatrix(table, ['x', 'color'])).toEqual({ data: Float32Array.of(1, 1, 0, 2, 0, 1, 3, 1, 0), shape: [3, 3] });
    expect(() => tableMatrix(table, ['name'])).toThrow(/text/);
    await expect(loadCsv(['x\n'], { columns: { x: 'number' } })).rejects.toThrow(/at least one row/);
  });

  it('reads files, and reports those it cannot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-csv-'));
    const path = join(folder, 'a.csv');
    await writeFile(path, '5.1,3.5,setosa\n');
    const columns = { length: 'number', width: 'number', species: 'category' } as const;
    expect((await loadCsv(path, { columns, header: false })).columns.species.categories).toEqual(['setosa']);
    await expect(loadCsv(join(folder, 'none.csv'), { columns })).rejects.toMatchObject({ code: 'data' });
    await expect(loadCsv(folder, { columns })).rejects.toMatchObject({ code: 'data' });
    await rm(folder, { recursive: true });
  });

  const housing = join(process.env.HEBB_DATA ?? '', 'tabular', 'california-housing.csv');
  it.skipIf(!existsSync(housing))('reads the Californian houses', async () => {
    const columns = {
      total_bedrooms: { type: 'number', missing: { fill: Number.NaN } },
      median_house_value: 'number',
      ocean_proximity: 'category',
    } as const;
    const table = await loadCsv(housing, { columns });
    expect(table.length).toBe(20_640);
    expect(table.columns.total_bedrooms.filter(Number.isNaN).length).toBe(207);
    expect(table.columns.ocean_proximity.categories.length).toBe(5);
  });
});
