import { type Layer, type Optimizer, type Tensor, valueAndGrad } from 'hebb';

/** Another size than the definition's: a smaller one for tests, a larger one for GPUs. Figures compare only with those of the same size. */
export interface Size {
  /** Height and width of images, or rows of an op's operands. */
  image?: number;
  batch?: number;
  /** Of transformers: blocks, features, steps. */
  layers?: number;
  width?: number;
  context?: number;
}

/** A case of the side-by-side table; name, model, batch, loss and optimizer are those of pytorch_bench.py. */
export interface Workload {
  readonly name: string;
  /** Makes model and data. The function it returns is what is timed: a whole training step (gives the loss), inference or op. */
  prepare(size?: Size): Run;
}

/** What is timed. Its data are arguments, so that a compiled step cannot take them for constants. */
export interface Run {
  (...inputs: readonly Tensor[]): Tensor;
  readonly inputs?: readonly Tensor[];
}

/** One whole training step: forward, loss, backward, update. */
export function training(
  model: Layer,
  [x, y]: readonly [Tensor, Tensor],
  loss: (predictions: Tensor, targets: Tensor) => Tensor,
  optimizer: Optimizer,
): Run {
  const step = (input: Tensor = x, target: Tensor = x === y ? input : y): Tensor => {
    const { value, grads } = valueAndGrad(() => loss(model.call(input), target));
    optimizer.apply(grads);
    return value;
  };
  return Object.assign(step, { inputs: x === y ? [x] : [x, y] });
}

/** One whole inference. */
export function inference(model: Layer, x: Tensor): Run {
  model.eval();
  return Object.assign((input: Tensor = x) => model.call(input), { inputs: [x] });
}
