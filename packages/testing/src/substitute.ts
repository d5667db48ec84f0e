import { type Cell, currentReader, evaluator, PassThrough, type Reader, scope, type Tensor, withReader } from '@hebb/tensor';

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

/** Runs `fn` with a tensor in place of each variable's value, through which gradients flow. */
export function substituting<T>(cells: readonly Cell[], tensors: readonly Tensor[], fn: () => T): T {
  const substitutes = new Map(cells.map((cell, i) => [cell, tensors[i]]));
  return withReader(new Substitutes(currentReader(), substitutes), fn);
}

/** What a layer is to {@link callWithWeights}. */
export interface Weighted {
  readonly built: boolean;
  readonly variables: readonly Cell[];
  call(x: Tensor): Tensor;
}

/** A layer as a function of its input and its weights, in the order of its variables, as `checkOp` and `gradCheck` want it. */
export function callWithWeights(layer: Weighted, [x, ...weights]: readonly Tensor[]): Tensor {
  if (!layer.built) withReader(evaluator, () => scope(() => void layer.call(x)));
  return substituting(layer.variables, weights, () => layer.call(x));
}
