import { BYTES, type DType, HebbError, MAX_RANK } from '@hebb/tensor';
import { checkedProduct, checkedSize } from './arithmetic.js';
import { fileFault, reasonOf } from './faults.js';
import { hebb } from './generated/container.js';
import { guardHeader } from './guard.js';
import type { ContainerHeader, Section, TensorInfo } from './header.js';

const { DType: Code, Header } = hebb.container;

const CODES: ReadonlyMap<DType, hebb.container.DType> = new Map([
  ['float32', Code.FLOAT32],
  ['float64', Code.FLOAT64],
  ['bfloat16', Code.BFLOAT16],
  ['float16', Code.FLOAT16],
  ['int32', Code.INT32],
  ['int64', Code.INT64],
  ['uint8', Code.UINT8],
  ['bool', Code.BOOL],
]);
const DTYPES: ReadonlyMap<hebb.container.DType, DType> = new Map([...CODES].map(([dtype, code]) => [code, dtype]));

const DIGEST_LENGTH = 32;
const MAX_NAME_LENGTH = 4096;

/** The protobuf bytes of a header. */
export function encodeHeader(header: ContainerHeader): Uint8Array {
  return Header.encode({
    metadata: [...header.metadata].map(([key, value]) => ({ key, value })),
    sections: [...header.sections].map(([name, section]) => ({ name, tensors: [...section.values()].map(encodeEntry) })),
  }).finish();
}

function encodeEntry(info: TensorInfo): hebb.container.TensorEntry.$Properties {
  const { name, dtype, shape, offset, byteLength, sha256 } = info;
  return { name, dtype: CODES.get(dtype) ?? Code.DTYPE_UNSPECIFIED, dims: [...shape], offset, byteLength, sha256 };
}

/** Reads the protobuf bytes of a header and checks everything in it but the layout. */
export function decodeHeader(bytes: Uint8Array, path: string): ContainerHeader {
  const message = decodeMessage(bytes, path);
  const sections = message.sections.map(
    ({ name, tensors }) => [name ?? '', decodeSection(name ?? '', tensors ?? [], path)] as const,
  );
  const metadata = message.metadata.map(({ key, value }) => [key ?? '', value ?? ''] as const);
  return { metadata: uniqueMap(metadata, 'metadata key', path), sections: uniqueMap(sections, 'section', path) };
}

function decodeMessage(bytes: Uint8Array, path: string): hebb.container.Header {
  try {
    guardHeader(bytes, path);
    return Header.decode(bytes);
  } catch (cause) {
    if (cause instanceof HebbError) throw cause;
    throw fileFault(path, `header: not well-formed protobuf: ${reasonOf(cause)}.`, cause);
  }
}

function decodeSection(section: string, entries: readonly hebb.container.TensorEntry.$Properties[], path: string): Section {
  const infos = entries.map((entry) => decodeEntry(entry, `${path}: section "${section}"`));
  return uniqueMap(
    infos.map((info) => [info.name, info] as const),
    'tensor',
    path,
  );
}

function decodeEntry(entry: hebb.container.TensorEntry.$Properties, where: string): TensorInfo {
  const name = entry.name ?? '';
  if (name === '' || name.length > MAX_NAME_LENGTH)
    throw fileFault(where, `expected tensor names of 1 to ${MAX_NAME_LENGTH} characters, received ${name.length}.`);
  const place = `${where}: tensor ${JSON.stringify(name)}`;
  const dtype = DTYPES.get(entry.dtype ?? Code.DTYPE_UNSPECIFIED);
  if (dtype === undefined) throw fileFault(place, `unknown dtype ${entry.dtype}; a newer release of @hebb/format may know it.`);
  const shape = (entry.dims ?? []).map((size) => readSize(`${place}: dimension`, size));
  const expected = checkedProduct(`${place}: size of [${shape.join(', ')}] in bytes`, [...shape, BYTES[dtype]]);
  if (shape.length > MAX_RANK) throw fileFault(place, `expected at most ${MAX_RANK} dimensions, received ${shape.length}.`);
  const byteLength = readSize(`${place}: byte length`, entry.byteLength);
  if (byteLength !== expected)
    throw fileFault(place, `expected ${expected} bytes for ${dtype} [${shape.join(', ')}], received ${byteLength}.`);
  const sha256 = entry.sha256 ?? new Uint8Array(0);
  if (sha256.length !== DIGEST_LENGTH)
    throw fileFault(place, `expected a checksum of ${DIGEST_LENGTH} bytes, received ${sha256.length}.`);
  return { name, dtype, shape, offset: readSize(`${place}: offset`, entry.offset), byteLength, sha256: sha256.slice() };
}

/** A uint64 as protobufjs gives it: a number, or halves of 32 bits. */
function readSize(what: string, value: hebb.container.TensorEntry.$Properties['offset']): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number') return checkedSize(what, value);
  return checkedSize(what, (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0));
}

function uniqueMap<V>(entries: readonly (readonly [string, V])[], what: string, path: string): Map<string, V> {
  const map = new Map<string, V>();
  for (const [name, value] of entries) {
    if (map.has(name)) throw fileFault(path, `header: the ${what} ${JSON.stringify(name)} is there twice.`);
    map.set(name, value);
  }
  return map;
}
