import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BYTES, HebbError, keep, type Tensor, Variable } from '@hebb/tensor';
import { alignUp } from './arithmetic.js';
import { atomicWrite } from './atomicWrite.js';
import { encodeHeader } from './codec.js';
import { checkByteOrder, elementBytes } from './elements.js';
import { writeFully } from './file.js';
import { MAX_METADATA } from './guard.js';
import type { ContainerHeader, TensorInfo } from './header.js';
import { dataStart } from './layout.js';
import { encodePreamble, MAX_HEADER_LENGTH, PREAMBLE_LENGTH } from './preamble.js';

/** Options of every function that writes a file. */
export interface SaveOptions {
  /** Short texts to go with the tensors: epoch, framework, licence. */
  readonly metadata?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /** Stops the writing; the old file, if any, stays. */
  readonly signal?: AbortSignal;
}

/** Sections of named values to write. */
export type Contents = ReadonlyMap<string, ReadonlyMap<string, Tensor | Variable>>;

/** @internal Writes a container. Variables are saved as they are now, whatever is assigned while the file is written. */
export async function writeContainer(path: string, contents: Contents, options: SaveOptions): Promise<void> {
  checkByteOrder();
  const metadata = checkMetadata(options.metadata);
  const snapshots: Tensor[] = [];
  const sections = new Map<string, Map<string, Tensor>>();
  try {
    for (const [section, values] of contents) {
      const tensors = new Map<string, Tensor>();
      for (const [name, value] of values) {
        checkName(name);
        const snapshot = value instanceof Variable ? keep(value.value) : value;
        if (value instanceof Variable) snapshots.push(snapshot);
        tensors.set(name, snapshot);
      }
      sections.set(section, tensors);
    }
    await atomicWrite(path, (handle) => writeSections(handle, sections, metadata, options.signal));
  } finally {
    for (const snapshot of snapshots) snapshot.dispose();
  }
}

async function writeSections(
  handle: FileHandle,
  sections: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
  metadata: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const header = planLayout(sections, metadata);
  // Digests have a fixed length, so the header is as long with the real ones as with zeros.
  const start = dataStart(encodeHeader(header).length);
  let end = 0;
  for (const [section, infos] of header.sections) {
    for (const info of infos.values()) {
      const bytes = await elementBytes(sectionTensor(sections, section, info.name));
      const hash = createHash('sha256');
      await writeFully(handle, bytes, start + info.offset, (piece) => hash.update(piece), signal);
      info.sha256.set(hash.digest());
      end = info.offset + info.byteLength;
    }
  }
  const encoded = encodeHeader(header);
  if (encoded.length > MAX_HEADER_LENGTH) {
    throw new HebbError(
      'range',
      `Expected at most ${MAX_HEADER_LENGTH} bytes of names and metadata, received ${encoded.length}.`,
    );
  }
  await handle.truncate(start + end); // zeros for what nothing was written to: padding at the very end
  await writeFully(handle, encodePreamble(encoded, start + end), 0);
  await writeFully(handle, encoded, PREAMBLE_LENGTH);
}

function sectionTensor(sections: ReadonlyMap<string, ReadonlyMap<string, Tensor>>, section: string, name: string): Tensor {
  const value = sections.get(section)?.get(name);
  if (value === undefined) throw new HebbError('internal', `No tensor "${name}" in section "${section}".`);
  return value;
}

/** Gives every tensor its place; the digests are zeros still. */
function planLayout(
  sections: ReadonlyMap<string, ReadonlyMap<string, Tensor>>,
  metadata: ReadonlyMap<string, string>,
): ContainerHeader {
  const planned = new Map<string, Map<string, TensorInfo>>();
  let end = 0;
  for (const [section, tensors] of sections) {
    const infos = new Map<string, TensorInfo>();
    for (const [name, { dtype, shape, size }] of tensors) {
      const offset = alignUp(name, end);
      const byteLength = size * BYTES[dtype];
      infos.set(name, { name, dtype, shape, offset, byteLength, sha256: new Uint8Array(32) });
      end = offset + byteLength;
    }
    planned.set(section, infos);
  }
  return { metadata, sections: planned };
}

function checkName(name: string): void {
  if (name === '' || name.length > 4096 || !isText(name)) {
    throw new HebbError(
      'argument',
      `Expected tensor names of 1 to 4096 characters of valid Unicode, received ${JSON.stringify(name.slice(0, 80))}.`,
    );
  }
}

function checkMetadata(metadata: SaveOptions['metadata'] = {}): ReadonlyMap<string, string> {
  const entries: [string, unknown][] = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  if (entries.length > MAX_METADATA) {
    throw new HebbError('range', `metadata: expected at most ${MAX_METADATA} entries, received ${entries.length}.`);
  }
  const checked = new Map<string, string>();
  for (const [key, value] of entries) {
    if (typeof value !== 'string' || !isText(value) || !isText(key)) {
      throw new HebbError('argument', `metadata: expected a string for ${JSON.stringify(key)}, received ${typeof value}.`);
    }
    checked.set(key, value);
  }
  return checked;
}

/** Whether UTF-8 can hold the text: no lone surrogates. */
function isText(text: string): boolean {
  return Buffer.from(text).toString() === text;
}
