import { alignUp, checkedSum } from './arithmetic.js';
import { fileFault } from './faults.js';
import type { ContainerHeader, TensorInfo } from './header.js';
import { PREAMBLE_LENGTH } from './preamble.js';

/** A stretch of bytes in a file, from `start` up to `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the data start: after the header, aligned. */
export function dataStart(headerLength: number): number {
  return alignUp('the header length', checkedSum('the header length', PREAMBLE_LENGTH, headerLength));
}

/** All tensors in the order of the file. */
export function allTensors(header: ContainerHeader): TensorInfo[] {
  return [...header.sections.values()].flatMap((section) => [...section.values()]);
}

/**
 * Throws unless every tensor starts exactly where the one before it ends, aligned, and the last ends with the file. There is
 * one valid layout, so tensors cannot overlap, leave gaps, be misaligned or lie outside.
 *
 * @returns the padding after each tensor, up to the next.
 */
export function checkLayout(header: ContainerHeader, start: number, fileLength: number, path: string): Map<TensorInfo, Range> {
  const padding = new Map<TensorInfo, Range>();
  let end = 0;
  let previous: TensorInfo | undefined;
  for (const info of allTensors(header)) {
    const expected = alignUp(path, end);
    if (info.offset !== expected) {
      throw fileFault(
        path,
        `tensor ${JSON.stringify(info.name)}: expected offset ${expected}, right after the tensor before it, received ${info.offset}.`,
      );
    }
    if (previous !== undefined) padding.set(previous, { start: start + end, end: start + expected });
    end = checkedSum(path, info.offset, info.byteLength);
    previous = info;
  }
  const total = checkedSum(path, start, end);
  if (total !== fileLength)
    throw fileFault(path, `expected ${total} bytes for the tensors of the header, received ${fileLength}.`);
  return padding;
}
