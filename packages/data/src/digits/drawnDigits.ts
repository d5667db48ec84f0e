import { checkInteger } from '@hebb/tensor';
import { type ImageDataset, imageDataset } from '../imageDataset.js';
import { HostRandom } from '../random.js';
import { randomDistortion } from './distort.js';
import { renderStrokes } from './render.js';
import { DIGIT_STROKES } from './strokes.js';

/** Options of {@link drawnDigits}. */
export interface DrawnDigitsOptions {
  /** How many images. */
  readonly count: number;
  /** Non-negative integer. Image `i` depends on (seed, i) only. Default 0. */
  readonly seed?: number;
  /** Side of the images in pixels, at least 8. Default 28. */
  readonly size?: number;
}

/**
 * Digits that the program draws itself, in the form of MNIST, for examples and tests that must run offline: stroke
 * skeletons of 0 … 9 under a random rotation, shear, scale, shift and bend, drawn with a random pen and pixel noise.
 * The digits come in turn (image `i` shows `i` mod 10), so every class is equally frequent; let the loader shuffle.
 *
 * @returns a dataset whose batches are `[images, labels]`: float32 [N, size, size, 1] in 0 … 1 and int32 [N].
 * @throws HebbError `range` for a count below 1, a size below 8 or a negative seed.
 */
export function drawnDigits(options: DrawnDigitsOptions): ImageDataset {
  const { count, seed = 0, size = 28 } = options;
  checkInteger('drawnDigits', 'count', count, 1);
  checkInteger('drawnDigits', 'seed', seed, 0);
  checkInteger('drawnDigits', 'size', size, 8);
  const area = size * size;
  const images = new Uint8Array(count * area);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % DIGIT_STROKES.length);
  const distances = new Float64Array(area);
  for (let i = 0; i < count; i += 1) {
    drawDigit(images.subarray(i * area, (i + 1) * area), distances, size, labels[i], new HostRandom(seed, i));
  }
  return imageDataset(images, [count, size, size], labels);
}

function drawDigit(pixels: Uint8Array, distances: Float64Array, size: number, digit: number, random: HostRandom): void {
  const ways = DIGIT_STROKES[digit];
  const strokes = ways[random.below(ways.length)].map(randomDistortion(random));
  const pen = { radius: random.uniform(0.028, 0.055), edge: random.uniform(0.02, 0.04), noise: random.uniform(0, 10) };
  renderStrokes(pixels, distances, size, strokes, pen, random);
}
