import { HebbError, type Tensor } from '@hebb/tensor';

const NAMED = {
  linear: (x: Tensor) => x,
  relu: (x: Tensor) => x.relu(),
  leakyRelu: (x: Tensor) => x.leakyRelu(),
  elu: (x: Tensor) => x.elu(),
  gelu: (x: Tensor) => x.gelu(),
  silu: (x: Tensor) => x.silu(),
  softplus: (x: Tensor) => x.softplus(),
  sigmoid: (x: Tensor) => x.sigmoid(),
  tanh: (x: Tensor) => x.tanh(),
  softmax: (x: Tensor) => x.softmax(),
  logSoftmax: (x: Tensor) => x.logSoftmax(),
};

export type ActivationName = keyof typeof NAMED;

/** An activation function, or the name of one with its defaults. */
export type ActivationLike = ActivationName | ((x: Tensor) => Tensor);

/** @throws HebbError `argument` for a name that is none. */
export function activationOf(activation: ActivationLike): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  if (Object.hasOwn(NAMED, activation)) return NAMED[activation];
  throw new HebbError(
    'argument',
    `Unknown activation "${activation}"; expected a function or one of ${Object.keys(NAMED).join(', ')}.`,
  );
}
