import { checkNumber, type Tensor } from '@hebb/tensor';

/** A penalty on a variable's value that the training loss gets: a scalar. */
export type Regularizer = (value: Tensor) => Tensor;

/** rate·Σ|w|: drives weights to zero. @param rate default 0.01 @throws HebbError `range` for a negative rate. */
export function l1(rate = 0.01): Regularizer {
  checkNumber('l1', 'the rate', rate, 0, Number.MAX_VALUE);
  return (value) => value.abs().sum().mul(rate);
}

/** rate·Σw²: keeps weights small. @param rate default 0.01 @throws HebbError `range` for a negative rate. */
export function l2(rate = 0.01): Regularizer {
  checkNumber('l2', 'the rate', rate, 0, Number.MAX_VALUE);
  return (value) => value.square().sum().mul(rate);
}

/** Both penalties at once. */
export function l1l2({ l1: first = 0.01, l2: second = 0.01 }: { l1?: number; l2?: number } = {}): Regularizer {
  const [a, b] = [l1(first), l2(second)];
  return (value) => a(value).add(b(value));
}
