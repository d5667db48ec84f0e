import { compile } from '@hebb/compiler';
import type { Layer } from '@hebb/layers';
import { showShape, type Tensor } from '@hebb/tensor';

/** Input shapes that are compiled; a source of ever new shapes runs as written beyond these. */
const MOST_SHAPES = 16;

/** A model's call: as written the first time that an input of some shape comes, compiled when that comes again. */
export function forwardOf(model: Layer): (x: Tensor) => Tensor {
  const seen = new Set<string>();
  const compiled = compile((x: Tensor) => model.call(x));
  return (x) => {
    const form = `${x.dtype}${showShape(x.shape)}${model.training}`;
    if (seen.has(form)) return compiled.runSync(x);
    if (seen.size < MOST_SHAPES) seen.add(form);
    return model.call(x);
  };
}
