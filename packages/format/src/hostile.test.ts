import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HebbError, tensor } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hebb } from './generated/container.js';
import { inspect, loadTensors, saveTensors } from './index.js';
import { dataStart } from './layout.js';
import { encodePreamble } from './preamble.js';
import { withContainer } from './read.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-hostile-'));
  path = join(folder, 'file.hebb');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function faultOf(bytes: Uint8Array): Promise<unknown> {
  await writeFile(path, bytes);
  return loadTensors(path).then(
    () => 'loaded',
    (reason: unknown) => reason,
  );
}

async function smallFile(): Promise<Buffer> {
  await saveTensors(path, { a: tensor([1, 2, 3]), b: tensor(Int32Array.of(7)) }, { metadata: { k: 'v' } });
  return readFile(path);
}

function expectFault(error: unknown, message?: RegExp): void {
  expect(error).toBeInstanceOf(HebbError);
  expect(error).toMatchObject({ code: 'file' });
  if (message !== undefined) expect((error as HebbError).message).toMatch(message);
}

type Entry = hebb.container.TensorEntry.$Properties;
const entry = (changes: Entry = {}): Entry => ({
  name: 'a',
  dtype: hebb.container.DType.FLOAT32,
  dims: [2],
  offset: 0,
  byteLength: 8,
  sha256: new Uint8Array(32),
  ...changes,
});

/** A file with a sound preamble around any header. */
function forge(header: Uint8Array, dataLength: number): Uint8Array {
  const length = dataStart(header.length) + dataLength;
  const bytes = new Uint8Array(length);
  bytes.set(encodePreamble(header, length));
  bytes.set(header, 64);
  return bytes;
}

const header = (...tensors: Entry[]) => hebb.container.Header.encode({ sections: [{ name: 'weights', tensors }] }).finish();

describe('damage', () => {
  it('truncation at any byte', async () => {
    const bytes = await smallFile();
    for (let length = 0; length < bytes.length; length += 1) expectFault(await faultOf(bytes.subarray(0, length)));
  });

  it('any flipped bit', async () => {
    const bytes = await smallFile();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expectFault(await faultOf(damaged));
    }
    expect(await faultOf(bytes)).toBe('loaded');
  });

  it('trailing bytes', async () => {
    expectFault(await faultOf(Buffer.concat([await smallFile(), Buffer.from([0])])), /too long/);
  });

  it('a file that shrinks while it is read', async () => {
    await saveTensors(path, { a: tensor(new Float32Array(1000)) });
    const fault = await withContainer(path, async (container) => {
      await truncate(path, 200);
      const { readTensor } = await import('./read.js');
      const info = container.header.sections.get('weights')?.get('a');
      return info && readTensor(container, info).catch((reason: unknown) => reason);
    });
    expectFault(fault, /shrank/);
  });
});

describe('files of other kinds', () => {
  it('text, nothing, folders, devices, FIFOs, missing files', async () => {
    expectFault(await faultOf(Buffer.from('not a model\n'.repeat(10))), /another kind of file/);
    expectFault(await faultOf(new Uint8Array(0)), /at least 64 bytes/);
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const other of [folder, '/dev/zero', fifo, join(folder, 'missing')])
      expectFault(await inspect(other).catch((reason: unknown) => reason));
  });

  it('a newer version', async () => {
    const bytes = await smallFile();
    bytes.writeUInt32LE(2, 8);
    expectFault(await faultOf(bytes), /newer release/);
  });
});

describe('hostile headers', () => {
  const pair = [entry(), entry({ name: 'b', offset: 64 })] as const;

  it('is read when it is sound', async () => {
    const zeros = await import('node:crypto').then(({ createHash }) => createHash('sha256').update(new Uint8Array(8)).digest());
    expect(await faultOf(forge(header(entry({ sha256: zeros })), 8))).toBe('loaded');
  });

  it.each<[string, Uint8Array, number, RegExp]>([
    ['dimensions whose product wraps', header(entry({ dims: [2 ** 31, 2 ** 31, 4] })), 8, /2\^53/],
    ['dimensions whose product wraps to the length', header(entry({ dims: [2 ** 52, 2 ** 12, 2] })), 8, /2\^53/],
    ['a zero among huge dimensions', header(entry({ dims: [2 ** 50, 2 ** 50, 0], byteLength: 0 })), 0, /2\^53/],
    ['a length that is not the product', header(entry({ dims: [3] })), 8, /expected 12 bytes/],
    ['overlapping tensors', header(pair[0], entry({ name: 'b', offset: 0 })), 72, /expected offset 64/],
    ['a gap', header(pair[0], entry({ name: 'b', offset: 128 })), 136, /expected offset 64/],
    ['a misaligned tensor', header(entry({ offset: 4 })), 12, /expected offset 0/],
    ['a tensor outside', header(pair[0], pair[1]), 64, /expected \d+ bytes for the tensors/],
    ['bytes after the tensors', header(entry()), 72, /for the tensors/],
    ['a huge offset', header(entry({ offset: 2 ** 52 })), 8, /expected offset 0/],
    ['a petabyte', header(entry({ dims: [2 ** 48], byteLength: 2 ** 50 })), 8, /for the tensors/],
    ['a name twice', header(pair[0], entry({ offset: 64 })), 72, /twice/],
    ['an empty name', header(entry({ name: '' })), 8, /names/],
    ['an unknown dtype', header(entry({ dtype: 99 as hebb.container.DType })), 8, /unknown dtype/],
    ['no dtype', header(entry({ dtype: 0 })), 8, /unknown dtype/],
    ['a short checksum', header(entry({ sha256: new Uint8Array(31) })), 8, /checksum of 32/],
    ['rank 9', header(entry({ dims: [1, 1, 1, 1, 1, 1, 1, 1, 2] })), 8, /dimensions/],
    ['rank 1000', header(entry({ dims: new Array<number>(1000).fill(1) })), 8, /dimensions/],
    ['a million empty sections', new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 0x12 : 0)), 0, /sections/],
    ['a million empty metadata entries', new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 0x0a : 0)), 0, /metadata/],
    ['an empty tensor entry', Uint8Array.of(0x12, 2, 0x12, 0), 0, /too short/],
    ['nested groups', new Uint8Array(20_000).fill(0x0b), 0, /wire type/],
    ['a length past the end', Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0x0f), 0, /protobuf/],
    ['a varint without end', new Uint8Array(20).fill(0xff), 0, /protobuf/],
  ])('%s', async (_name, bytes, dataLength, message) => {
    expectFault(await faultOf(forge(bytes, dataLength)), message);
  });

  it('numbers of 64 bits', async () => {
    const huge = hebb.container.TensorEntry.encode(entry()).finish();
    // offset (field 4, a varint) of 2^64 − 1
    const offset = Uint8Array.of(0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    const body = Buffer.concat([huge, offset]);
    const section = Buffer.concat([Uint8Array.of(0x12, body.length), body]);
    expectFault(await faultOf(forge(Buffer.concat([Uint8Array.of(0x12, section.length), section]), 8)), /18446744073709551615/);
  });

  it.each([2n ** 63n, 2n ** 64n - 1n, 1_000_000n, 2n ** 40n])('a header length of %d', async (length) => {
    const bytes = await smallFile();
    bytes.writeBigUInt64LE(length, 16);
    expectFault(await faultOf(bytes));
  });

  it('a petabyte of holes', async () => {
    const handle = await open(path, 'w');
    const claimed = header(entry({ dims: [2 ** 38], byteLength: 2 ** 40 }));
    const length = dataStart(claimed.length) + 2 ** 40;
    await handle.write(encodePreamble(claimed, length));
    await handle.write(claimed, 0, claimed.length, 64);
    const sparse = await handle.truncate(length).then(
      () => true,
      () => false,
    );
    await handle.close();
    if (sparse) await expect(loadTensors(path)).rejects.toBeInstanceOf(HebbError);
  });

  it('a bool that is neither', async () => {
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(Uint8Array.of(1, 2)).digest();
    const bytes = forge(header(entry({ dtype: hebb.container.DType.BOOL, byteLength: 2, sha256 })), 2);
    bytes.set([1, 2], bytes.length - 2);
    expectFault(await faultOf(bytes), /element 1: expected a bool/);
  });
});
