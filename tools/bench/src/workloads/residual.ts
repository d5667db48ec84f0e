import { Layer, LayerNorm, type Tensor } from 'hebb';

/** x + inner(norm(x)). */
export class Residual extends Layer {
  private readonly norm = new LayerNorm();
  private readonly inner: Layer;

  constructor(inner: Layer) {
    super();
    this.inner = inner;
  }

  protected override forward(x: Tensor): Tensor {
    return x.add(this.inner.call(this.norm.call(x)));
  }
}
