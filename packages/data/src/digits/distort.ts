import type { HostRandom } from '../random.js';
import type { Point, Stroke } from './strokes.js';

/** Ranges of the random distortion, in units of the image's side, radians, or factors. */
const ROTATION = 0.22;
const SHEAR = 0.25;
const SCALE = [0.72, 1.02] as const;
const SHIFT = 0.07;
const WAVE = 0.022;

/** A random affine map about the centre, plus a slow wave that bends straight strokes; draws its numbers once. */
export function randomDistortion(random: HostRandom): (stroke: Stroke) => Point[] {
  const angle = random.uniform(-ROTATION, ROTATION);
  const shear = random.uniform(-SHEAR, SHEAR);
  const scaleX = random.uniform(...SCALE);
  const scaleY = random.uniform(...SCALE);
  const shiftX = random.uniform(-SHIFT, SHIFT);
  const shiftY = random.uniform(-SHIFT, SHIFT);
  const phaseX = random.uniform(0, 2 * Math.PI);
  const phaseY = random.uniform(0, 2 * Math.PI);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const move = ([x, y]: Point): Point => {
    const bentX = x + WAVE * Math.sin(7 * y + phaseX);
    const bentY = y + WAVE * Math.sin(7 * x + phaseY);
    const u = (bentX - 0.5 - shear * (bentY - 0.5)) * scaleX;
    const v = (bentY - 0.5) * scaleY;
    return [0.5 + shiftX + cos * u - sin * v, 0.5 + shiftY + sin * u + cos * v];
  };
  return (stroke) => stroke.map(move);
}
