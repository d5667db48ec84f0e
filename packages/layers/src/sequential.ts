import { HebbError, type Tensor } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

/**
 * Layers one after another. Their keys are their names, or their class with a number: "dense", "dense_1".
 * @throws HebbError `argument` for something that is no layer, and for two layers given the same name.
 */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];
  private readonly keys: readonly string[];

  constructor(layers: readonly Layer[], options?: LayerOptions) {
    super(options);
    if (!Array.isArray(layers))
      throw new HebbError('argument', `Sequential: expected an array of layers, received ${typeof layers}.`);
    layers.forEach((layer, i) => {
      if (!(layer instanceof Layer))
        throw new HebbError('argument', `Sequential: entry ${i} is no Layer; received ${typeof layer}.`);
    });
    this.layers = [...layers];
    this.keys = uniqueKeys(this.layers);
  }

  override get config(): LayerConfig {
    return { layers: this.layers.map((layer) => ({ kind: layer.kind, config: layer.config })) };
  }

  override children(): [string, Layer][] {
    return this.layers.map((layer, i) => [this.keys[i], layer]);
  }

  protected override forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.call(value), x);
  }
}

function uniqueKeys(layers: readonly Layer[]): string[] {
  const given = layers.flatMap((layer) => layer.givenName ?? []);
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) throw new HebbError('argument', `Sequential: two layers are named "${twice}"; names must differ.`);
  const taken = new Set(given);
  return layers.map((layer) => {
    if (layer.givenName !== undefined) return layer.givenName;
    const base = layer.kind.toLowerCase();
    let key = base;
    for (let n = 1; taken.has(key); n++) key = `${base}_${n}`;
    taken.add(key);
    return key;
  });
}
