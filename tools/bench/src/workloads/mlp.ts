import { type ActivationName, Adam, crossEntropy, Dense, meanSquaredError, Sequential, SGD } from 'hebb';
import { inference, training, type Workload } from '../workload.js';
import { labels, normal, uniform } from './data.js';

/** Dense layers of these widths (the first is the input's), with an activation between them. */
export function mlp(widths: readonly number[], activation: ActivationName = 'relu'): Sequential {
  const last = widths.length - 1;
  return new Sequential(
    widths.slice(1).map((units, i) => new Dense(units, { activation: i + 1 < last ? activation : 'linear' })),
  );
}

export const mlpWorkloads: readonly Workload[] = [
  {
    name: 'train/playground-mlp-b10',
    prepare: ({ batch = 10 } = {}) =>
      training(
        mlp([2, 4, 2, 1], 'tanh'),
        [normal([batch, 2]), normal([batch, 1])],
        meanSquaredError,
        new SGD({ learningRate: 0.03 }),
      ),
  },
  {
    name: 'train/mlp-mnist-b128-adam',
    prepare: ({ batch = 128 } = {}) =>
      training(
        mlp([784, 512, 256, 10]),
        [normal([batch, 784]), labels(batch, 10)],
        crossEntropy,
        new Adam({ learningRate: 1e-3 }),
      ),
  },
  {
    name: 'train/autoencoder-b256-adam',
    prepare: ({ batch = 256 } = {}) => {
      const x = uniform([batch, 784]);
      return training(mlp([784, 128, 32, 128, 784]), [x, x], meanSquaredError, new Adam({ learningRate: 1e-3 }));
    },
  },
  {
    name: 'infer/mlp-mnist-b1',
    prepare: ({ batch = 1 } = {}) => inference(mlp([784, 512, 256, 10]), normal([batch, 784])),
  },
];
