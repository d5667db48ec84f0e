import { createHash } from 'node:crypto';
import { type Device, HebbError, type Tensor } from '@hebb/tensor';
import { decodeHeader } from './codec.js';
import { checkByteOrder, tensorFromBytes } from './elements.js';
import { fileFault } from './faults.js';
import { type OpenFile, readFully, withFile } from './file.js';
import type { ContainerHeader, TensorInfo } from './header.js';
import { checkLayout, dataStart, type Range } from './layout.js';
import { decodePreamble, PREAMBLE_LENGTH, verifyHeader } from './preamble.js';

/** @internal An open file whose header was read and found sound. */
export interface OpenContainer {
  readonly file: OpenFile;
  readonly header: ContainerHeader;
  readonly dataStart: number;
  readonly padding: ReadonlyMap<TensorInfo, Range>;
}

/** @internal Runs `use` on the container at `path`. */
export async function withContainer<T>(path: string, use: (container: OpenContainer) => Promise<T>): Promise<T> {
  checkByteOrder();
  return withFile(path, async (file) => use(await readHeader(file)));
}

async function readHeader(file: OpenFile): Promise<OpenContainer> {
  const { path, length } = file;
  if (length < PREAMBLE_LENGTH)
    throw fileFault(path, `expected at least ${PREAMBLE_LENGTH} bytes, received ${length}: not a Hebb file, or a truncated one.`);
  const preambleBytes = new Uint8Array(PREAMBLE_LENGTH);
  await readFully(file, preambleBytes, 0);
  const { headerLength } = decodePreamble(preambleBytes, length, path);
  const headerBytes = new Uint8Array(headerLength);
  await readFully(file, headerBytes, PREAMBLE_LENGTH);
  verifyHeader(preambleBytes, headerBytes, path);
  const header = decodeHeader(headerBytes, path);
  const start = dataStart(headerLength);
  const padding = checkLayout(header, start, length, path);
  await checkZeros(file, { start: PREAMBLE_LENGTH + headerLength, end: start });
  return { file, header, dataStart: start, padding };
}

/** What {@link readTensor} may be told. */
export interface ReadOptions {
  /** Where the tensor goes. Default: `getDefaultDevice()`. */
  readonly device?: Device;
  /** Stops the reading. */
  readonly signal?: AbortSignal;
}

/** @internal The tensor that `info` describes, its checksum verified. */
export async function readTensor(
  container: OpenContainer,
  info: TensorInfo,
  { device, signal }: ReadOptions = {},
): Promise<Tensor> {
  const { file, padding } = container;
  const where = `${file.path}: tensor ${JSON.stringify(info.name)}`;
  const buffer = allocate(info.byteLength, where);
  const hash = createHash('sha256');
  await readFully(file, new Uint8Array(buffer), container.dataStart + info.offset, (piece) => hash.update(piece), signal);
  const digest = hash.digest();
  if (!digest.every((byte, index) => byte === info.sha256[index])) {
    throw fileFault(where, `at byte ${container.dataStart + info.offset}: the checksum does not match: the file is damaged.`);
  }
  const gap = padding.get(info);
  if (gap !== undefined) await checkZeros(file, gap);
  return tensorFromBytes(buffer, info.dtype, info.shape, where, device);
}

/** Memory for a tensor that the file is known to be long enough for. */
function allocate(length: number, where: string): ArrayBuffer {
  try {
    return new ArrayBuffer(length);
  } catch (cause) {
    throw new HebbError('out-of-memory', `${where}: could not get ${length} bytes of memory.`, { cause });
  }
}

async function checkZeros(file: OpenFile, { start, end }: Range): Promise<void> {
  const bytes = new Uint8Array(end - start);
  await readFully(file, bytes, start);
  const wrong = bytes.findIndex((byte) => byte !== 0);
  if (wrong >= 0)
    throw fileFault(
      file.path,
      `at byte ${start + wrong}: expected padding of zeros, received ${bytes[wrong]}: the file is damaged.`,
    );
}
