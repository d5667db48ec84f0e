import { compile } from '@hebb/compiler';
import type { Layer } from '@hebb/layers';
import { showShape, type Tensor } from '@hebb/tensor';

/** Input shapes that are compiled; a source of ever new shapes runs as written beyond these. */
const MOST_SHAPES = 16;

const formOf = ({ dtype, shape }: Tensor): string => `${dtype}${showShape(shape)}`;

/** A step compiled for the first shapes that come, and as written, with the same results, for others. */
export function compiledFor<R>(
  compiled: (x: Tensor, y: Tensor) => Promise<R>,
  asWritten: (x: Tensor, y: Tensor) => Promise<R>,
): (x: Tensor, y: Tensor) => Promise<R> {
  const seen = new Set<string>();
  return (x, y) => {
    const form = `${formOf(x)}${formOf(y)}`;
    if (seen.size < MOST_SHAPES) seen.add(form);
    return seen.has(form) ? compiled(x, y) : asWritten(x, y);
  };
}

/** A model's call: as written the first time that an input of some shape comes, compiled when that comes again. */
export function forwardOf(model: Layer): (x: Tensor) => Tensor {
  const seen = new Set<string>();
  const compiled = compile((x: Tensor) => model.call(x));
  return (x) => {
    const form = `${formOf(x)}${model.training}`;
    if (seen.has(form)) return compiled.runSync(x);
    if (seen.size < MOST_SHAPES) seen.add(form);
    return model.call(x);
  };
}
