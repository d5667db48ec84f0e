import { type Cell, currentReader, PassThrough, type Reader, type Tensor, withReader } from '@hebb/tensor';

/** A reader to which variables hold other tensors. */
class Substitutes extends PassThrough {
  private readonly tensors: ReadonlyMap<Cell, Tensor>;

  constructor(below: Reader, tensors: ReadonlyMap<Cell, Tensor>) {
    super(below);
    this.tensors = tensors;
  }

  override read(cell: Cell): Tensor {
    return this.tensors.get(cell) ?? this.below.read(cell);
  }
}

/**
 * Runs `fn` with a tensor in place of each variable's value, through which gradients flow: a layer becomes a function of its input and
 * its weights, as `checkOp` and `gradCheck` want it.
 */
export function substituting<T>(cells: readonly Cell[], tensors: readonly Tensor[], fn: () => T): T {
  const substitutes = new Map(cells.map((cell, i) => [cell, tensors[i]]));
  return withReader(new Substitutes(currentReader(), substitutes), fn);
}
