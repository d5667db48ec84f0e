import { MAX_RANK } from '@hebb/tensor';
import protobuf from 'protobufjs/minimal.js';
import { fileFault } from './faults.js';

// Decoding turns a few bytes of protobuf into a much larger object. These limits, checked before decoding, keep what a hostile
// header can claim in proportion to its length.
export const MAX_METADATA = 65_536;
const MAX_SECTIONS = 64;
const MAX_DIMS_BYTES = 10 * MAX_RANK;
/** A tag, a length and a digest; an entry needs more than that for its name. */
const MIN_ENTRY_BYTES = 34;

const METADATA = 1;
const SECTION = 2;
const TENSOR = 2;
const DIMS = 3;

/** Throws unless `header` is plain protobuf within the limits. */
export function guardHeader(header: Uint8Array, path: string): void {
  let metadata = 0;
  let sections = 0;
  eachField(header, path, (field, content) => {
    if (field === METADATA) metadata += 1;
    if (field === SECTION) {
      sections += 1;
      guardSection(content, path);
    }
    if (metadata > MAX_METADATA)
      throw fileFault(path, `header: expected at most ${MAX_METADATA} metadata entries, received more.`);
    if (sections > MAX_SECTIONS) throw fileFault(path, `header: expected at most ${MAX_SECTIONS} sections, received more.`);
  });
}

function guardSection(section: Uint8Array, path: string): void {
  eachField(section, path, (field, content) => {
    if (field !== TENSOR) return;
    if (content.length < MIN_ENTRY_BYTES)
      throw fileFault(path, 'header: a tensor entry is too short to have a name and a checksum.');
    let dims = 0;
    eachField(content, path, (entryField, value) => {
      if (entryField !== DIMS) return;
      dims += Math.max(1, value.length);
      if (dims > MAX_DIMS_BYTES)
        throw fileFault(path, `header: expected tensors of at most ${MAX_RANK} dimensions, received more.`);
    });
  });
}

const EMPTY = new Uint8Array(0);
const LENGTH_DELIMITED = 2;
const PLAIN_WIRE_TYPES: readonly number[] = [0, 1, 5];

/** Visits the fields of a message; `content` is empty for numbers. Groups, which nest without limit, are refused. */
function eachField(message: Uint8Array, path: string, visit: (field: number, content: Uint8Array) => void): void {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    if (wireType === LENGTH_DELIMITED) {
      visit(tag >>> 3, reader.bytes());
    } else if (PLAIN_WIRE_TYPES.includes(wireType)) {
      reader.skipType(wireType);
      visit(tag >>> 3, EMPTY);
    } else {
      throw fileFault(path, `header: at byte ${reader.pos}: unexpected wire type ${wireType}.`);
    }
  }
}
