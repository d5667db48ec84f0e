/** Alignment of blocks: a cache line. */
const LINE = 64;

/** Gives out offsets in one block of memory, best fit first, and grows it where nothing fits. */
export class Arena {
  /** Highest byte ever given out. */
  size = 0;
  /** Free blocks by offset. */
  private free: { offset: number; bytes: number }[] = [];

  take(bytes: number): number {
    const wanted = roundUp(bytes);
    let best = -1;
    this.free.forEach((block, i) => {
      if (block.bytes >= wanted && (best < 0 || block.bytes < this.free[best].bytes)) best = i;
    });
    if (best < 0) return this.grow(wanted);
    const block = this.free[best];
    const { offset } = block;
    block.offset += wanted;
    block.bytes -= wanted;
    if (block.bytes === 0) this.free.splice(best, 1);
    return offset;
  }

  give(offset: number, bytes: number): void {
    const given = { offset, bytes: roundUp(bytes) };
    if (given.bytes === 0) return;
    this.free.push(given);
    this.free.sort((a, b) => a.offset - b.offset);
    this.free = this.free.reduce<typeof this.free>((merged, block) => {
      const last = merged[merged.length - 1];
      if (last && last.offset + last.bytes === block.offset) last.bytes += block.bytes;
      else merged.push(block);
      return merged;
    }, []);
  }

  /** At the end of the arena, taking in a free block that reaches up to it. */
  private grow(bytes: number): number {
    const last = this.free[this.free.length - 1];
    const offset = last && last.offset + last.bytes === this.size ? last.offset : this.size;
    if (offset < this.size) this.free.pop();
    this.size = offset + bytes;
    return offset;
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}
