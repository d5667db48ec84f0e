const SHADES = ' .:-=+*#%@';

/** A grey image (row-major, 0 to 1) in characters, two rows of pixels a line. */
export function draw(pixels: Float32Array, size: number): string[] {
  const lines: string[] = [];
  for (let row = 0; row + 1 < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column++) {
      const shade = (pixels[row * size + column] + pixels[(row + 1) * size + column]) / 2;
      line += SHADES[Math.min(SHADES.length - 1, Math.floor(shade * SHADES.length))];
    }
    lines.push(line);
  }
  return lines;
}

/** Blocks of lines side by side, each with a caption below. */
export function sideBySide(blocks: readonly (readonly string[])[], captions: readonly string[], gap = 2): string {
  const height = Math.max(...blocks.map((block) => block.length));
  const widths = blocks.map((block, i) => Math.max(captions[i].length, ...block.map((line) => line.length)));
  const rows = Array.from({ length: height + 1 }, (_, row) =>
    blocks.map((block, i) => (row === height ? captions[i] : (block[row] ?? '')).padEnd(widths[i])).join(' '.repeat(gap)),
  );
  return rows.map((row) => row.trimEnd()).join('\n');
}
