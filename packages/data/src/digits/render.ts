import type { HostRandom } from '../random.js';
import type { Point, Stroke } from './strokes.js';

/** How the pen draws: lengths in units of the image's side. */
export interface Pen {
  /** Half the width of a stroke. */
  readonly radius: number;
  /** Width of the soft edge, which also smooths the pixel grid away. */
  readonly edge: number;
  /** Standard deviation of the noise on each pixel, of 255. */
  readonly noise: number;
}

/** Draws strokes into `pixels` (size × size bytes, white on black). `distances` is scratch space of the same size. */
export function renderStrokes(
  pixels: Uint8Array,
  distances: Float64Array,
  size: number,
  strokes: readonly Stroke[],
  pen: Pen,
  random: HostRandom,
): void {
  const reach = pen.radius + pen.edge;
  distances.fill(reach * reach);
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i += 1) spread(distances, size, stroke[i - 1], stroke[i], reach);
  }
  for (let i = 0; i < pixels.length; i += 1) {
    const ink = Math.min(1, (reach - Math.sqrt(distances[i])) / (2 * pen.edge));
    const smooth = ink * ink * (3 - 2 * ink);
    const noise = pen.noise === 0 ? 0 : pen.noise * random.normal();
    pixels[i] = Math.max(0, Math.min(255, Math.round(255 * smooth + noise)));
  }
}

/** Lowers the squared distances of the pixels within `reach` of the segment from `a` to `b`. */
function spread(distances: Float64Array, size: number, a: Point, b: Point, reach: number): void {
  const [ax, ay] = a;
  const dx = b[0] - ax;
  const dy = b[1] - ay;
  const lengthSquared = dx * dx + dy * dy || 1;
  const pixel = (position: number): number => Math.max(0, Math.min(size - 1, Math.floor(position * size)));
  const left = pixel(Math.min(ax, b[0]) - reach);
  const right = pixel(Math.max(ax, b[0]) + reach);
  const bottom = pixel(Math.max(ay, b[1]) + reach);
  for (let row = pixel(Math.min(ay, b[1]) - reach); row <= bottom; row += 1) {
    const y = (row + 0.5) / size - ay;
    for (let column = left; column <= right; column += 1) {
      const x = (column + 0.5) / size - ax;
      const along = Math.max(0, Math.min(1, (x * dx + y * dy) / lengthSquared));
      const distance = (x - along * dx) ** 2 + (y - along * dy) ** 2;
      const index = row * size + column;
      if (distance < distances[index]) distances[index] = distance;
    }
  }
}
