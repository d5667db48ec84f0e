import { isHalf, openScopes, type Tensor } from '@hebb/tensor';

/** Gradients may be wider than their tensors; of two, the wider one stays as it is. */
function sum(a: Tensor, b: Tensor): Tensor {
  if (a.dtype === b.dtype) return a.add(b);
  return isHalf(a.dtype) ? a.cast(b.dtype).add(b) : a.add(b.cast(a.dtype));
}

/** The gradients on their way back through a tape, each held until it is used and then freed. */
export class Flow {
  private readonly gradients = new Map<Tensor, Tensor>();
  private readonly spared: ReadonlySet<Tensor>;
  private readonly depth = openScopes();

  /** @param spared tensors that are never freed here */
  constructor(spared: ReadonlySet<Tensor>) {
    this.spared = spared;
  }

  get(tensor: Tensor): Tensor | undefined {
    return this.gradients.get(tensor);
  }

  /** Adds to the gradient of a tensor. */
  add(tensor: Tensor, gradient: Tensor): void {
    const present = this.gradients.get(tensor);
    const total = present ? sum(present, gradient) : gradient;
    total.holds++;
    this.gradients.set(tensor, total);
    if (!present) return;
    this.letGo(present);
    this.free(gradient);
  }

  /** The gradient of a tensor has been used. */
  drop(tensor: Tensor): void {
    const gradient = this.gradients.get(tensor);
    if (!gradient) return;
    this.gradients.delete(tensor);
    this.letGo(gradient);
  }

  /** Frees a tensor if it was made since the tape began and nobody needs it any more. */
  free(tensor: Tensor): void {
    if (tensor.holds === 0 && !tensor.kept && tensor.scopeDepth >= this.depth && !this.spared.has(tensor)) tensor.dispose();
  }

  /** Stops holding what is left: it goes the way of its scope. */
  close(): void {
    for (const gradient of this.gradients.values()) gradient.holds--;
  }

  private letGo(gradient: Tensor): void {
    gradient.holds--;
    this.free(gradient);
  }
}
