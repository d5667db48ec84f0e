import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { HebbError } from '@hebb/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download } from './download.js';
import { parseIdx, parseIdxLabels } from './idx.js';
import { loadMnist, parseMnist } from './load.js';

let folder: string;
const environment = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-mnist-'));
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(folder, { recursive: true, force: true });
});

function idx(magic: number, dims: readonly number[], elements: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + elements.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  for (const [axis, size] of dims.entries()) view.setUint32(4 + 4 * axis, size);
  bytes.set(elements, 4 + 4 * dims.length);
  return bytes;
}

const images = (count: number) => idx(0x803, [count, 2, 2], new Uint8Array(count * 4).fill(255));
const labels = (...values: number[]) => idx(0x801, [values.length], Uint8Array.from(values));

describe('parseIdx', () => {
  it('reads images and labels', () => {
    expect(parseIdx(images(2), 'i', 3).shape).toEqual([2, 2, 2]);
    const dataset = parseMnist(images(2), labels(3, 9), 'i', 'l');
    const [x, y] = dataset.getBatch(Int32Array.of(1));
    expect([x.dtype, x.shape, [...x.dataSync()]]).toEqual(['float32', [1, 2, 2, 1], [1, 1, 1, 1]]);
    expect([y.dtype, y.shape, [...y.dataSync()]]).toEqual(['int32', [1], [9]]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a wrong magic number',
      () => parseIdx(idx(0x802, [1, 1, 1], Uint8Array.of(1)), 'f', 3),
      /f: at byte 0: .*0x00000803.*0x00000802/,
    ],
    ['another element type', () => parseIdx(idx(0xd03, [1, 1, 1], Uint8Array.of(1)), 'f', 3), /at byte 0/],
    ['nothing', () => parseIdx(new Uint8Array(0), 'f', 3), /at byte 0: expected a magic number/],
    ['half a header', () => parseIdx(images(1).subarray(0, 9), 'f', 3), /at byte 4/],
    ['truncation', () => parseIdx(images(2).subarray(0, 20), 'f', 3), /at byte 16: expected 8 bytes.*received 4.*truncated/],
    ['trailing bytes', () => parseIdx(Uint8Array.of(...images(1), 0), 'f', 3), /at byte 20: .*1 trailing/],
    [
      'dimensions that overflow',
      () => parseIdx(idx(0x803, [0xffffffff, 0xffffffff, 0xffffffff], Uint8Array.of()), 'f', 3),
      /at byte 4/,
    ],
    ['a label of 10', () => parseIdxLabels(labels(1, 10), 'f', 10), /at byte 9: expected a label from 0 to 9, received 10/],
    ['too few labels', () => parseMnist(images(2), labels(1), 'i', 'l'), /l: at byte 4: expected 2 labels.*received 1/],
  ])('%s', (_name, parse, message) => {
    expect(parse).toThrow(HebbError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'data' }));
  });

  it('truncation at any byte', () => {
    const whole = images(1);
    for (let length = 0; length < whole.length; length += 1)
      expect(() => parseIdx(whole.subarray(0, length), 'f', 3)).toThrow(HebbError);
  });
});

const NAMES = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'];

async function writeAll(target: string, compress: boolean): Promise<void> {
  for (const name of NAMES) {
    const bytes = name.includes('images') ? images(2) : labels(4, 5);
    await writeFile(join(target, compress ? `${name}.gz` : name), compress ? gzipSync(bytes) : bytes);
  }
}

describe('loadMnist', () => {
  it.each([true, false])('reads a folder, gzip %s', async (compress) => {
    await writeAll(folder, compress);
    const { train, test } = await loadMnist({ data: folder });
    expect([train.length, test.length]).toEqual([2, 2]);
  });

  it('looks in HEBB_DATA, then in the cache', async () => {
    await writeAll(folder, true);
    process.env.HEBB_DATA = folder;
    expect((await loadMnist()).test.length).toBe(2);
    process.env.HEBB_DATA = join(folder, 'missing');
    process.env.HEBB_CACHE = join(folder, 'missing too');
    await expect(loadMnist({ download: false })).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining('missing too'),
    });
  });

  it('names a corrupt file', async () => {
    await writeAll(folder, true);
    const path = join(folder, 't10k-labels-idx1-ubyte.gz');
    await writeFile(path, (await readFile(path)).subarray(0, 20));
    await expect(loadMnist({ data: folder })).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(path) });
    await writeFile(path, gzipSync(new Uint8Array(1_000_000)));
    await expect(loadMnist({ data: folder })).rejects.toThrow(/at most 10009 bytes when unpacked/);
  });

  const shared = process.env.HEBB_DATA ? [join(process.env.HEBB_DATA, 'mnist'), process.env.HEBB_DATA] : [];
  it.skipIf(!shared.some((path) => existsSync(join(path, `${NAMES[0]}.gz`))))('reads the real files', async () => {
    const { train, test } = await loadMnist();
    expect([train.length, test.length]).toEqual([60_000, 10_000]);
    const [, y] = train.getBatch(Int32Array.of(0, 1, 2, 3, 4));
    expect([...y.dataSync()]).toEqual([5, 0, 4, 1, 9]);
  });
});

describe('downloads', () => {
  let server: Server;
  let mirror: string;
  let answer: (name: string) => { status?: number; body: Uint8Array; cut?: boolean };
  beforeEach(async () => {
    server = createServer((request, response) => {
      const { status = 200, body, cut = false } = answer(request.url ?? '');
      response.writeHead(status, { 'content-length': cut ? body.length + 100 : body.length });
      if (cut) response.write(body, () => response.destroy());
      else response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    delete process.env.HEBB_DATA;
    process.env.HEBB_CACHE = folder;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const body = gzipSync(Uint8Array.from({ length: 5000 }, (_, i) => (i * i) & 255));
  const digest = createHash('sha256').update(body).digest('hex');
  const verify = async (bytes: Uint8Array): Promise<void> => {
    if (createHash('sha256').update(bytes).digest('hex') !== digest) throw new HebbError('data', 'wrong digest');
  };
  const fetchIt = (onProgress?: (progress: { received: number }) => void) =>
    download(`${mirror}file`, { target: join(folder, 'deep', 'file'), file: 'file', limit: 10_000, verify, onProgress });

  it('arrive whole, with progress', async () => {
    answer = () => ({ body });
    const received: number[] = [];
    await fetchIt((progress) => received.push(progress.received));
    expect(received.at(-1)).toBe(body.length);
    expect(await readdir(join(folder, 'deep'))).toEqual(['file']);
  });

  it.each<[string, () => ReturnType<typeof answer>, RegExp]>([
    ['cut off', () => ({ body: body.subarray(0, 100), cut: true }), /Could not download/],
    ['refused', () => ({ status: 404, body }), /404/],
    ['wrong', () => ({ body: body.subarray(1) }), /wrong digest/],
    ['too long', () => ({ body: new Uint8Array(20_000) }), /at most 10000 bytes/],
  ])('%s leave nothing behind', async (_name, reply, message) => {
    answer = reply;
    await expect(fetchIt()).rejects.toMatchObject({ code: 'data', message: expect.stringMatching(message) });
    expect(await readdir(folder, { recursive: true })).toEqual([]);
  });

  it('with other contents are refused by loadMnist', async () => {
    answer = () => ({ body: gzipSync(images(1)) });
    await expect(loadMnist({ mirror })).rejects.toThrow(/SHA-256/);
    expect(await readdir(folder, { recursive: true })).toEqual([]);
  });

  it('from nowhere are a typed error', async () => {
    await expect(loadMnist({ mirror: 'http://127.0.0.1:9/' })).rejects.toMatchObject({ code: 'data' });
    await expect(loadMnist({ mirror, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});
