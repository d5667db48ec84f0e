import { checkNumber, defaultGenerator, type Generator, HebbError, type Tensor } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface NoiseOptions extends LayerOptions {
  /** Where random numbers come from; default: the default generator. */
  generator?: Generator;
}

/**
 * While training, zeroes elements with probability `rate` and scales the others by 1 / (1 − rate).
 * @throws HebbError `range` unless 0 ≤ rate < 1.
 */
export class Dropout extends Layer {
  readonly rate: number;
  private readonly generator: Generator | undefined;

  /** @param rate default 0.5 */
  constructor(rate = 0.5, options: NoiseOptions = {}) {
    super(options);
    checkNumber('Dropout', 'the rate', rate, 0, 1);
    if (rate === 1) throw new HebbError('range', 'Dropout: a rate of 1 drops everything; expected less.');
    this.rate = rate;
    this.generator = options.generator;
  }

  override get config(): LayerConfig {
    return { rate: this.rate };
  }

  protected override forward(x: Tensor): Tensor {
    return this.training ? x.dropout(this.rate, this.generator) : x;
  }
}

/** While training, adds normal noise of standard deviation `std`. @throws HebbError `range` for a negative one. */
export class GaussianNoise extends Layer {
  readonly std: number;
  private readonly generator: Generator | undefined;

  constructor(std: number, options: NoiseOptions = {}) {
    super(options);
    checkNumber('GaussianNoise', 'the standard deviation', std, 0, Number.MAX_VALUE);
    this.std = std;
    this.generator = options.generator;
  }

  override get config(): LayerConfig {
    return { std: this.std };
  }

  protected override forward(x: Tensor): Tensor {
    if (!this.training || this.std === 0) return x;
    const dtype = x.dtype === 'float64' ? 'float64' : 'float32';
    return x.add(
      (this.generator ?? defaultGenerator()).normal(x.shape, { std: this.std, dtype, device: x.device }).cast(x.dtype),
    );
  }
}
