import { AvgPool2D, Conv2D, crossEntropy, Dense, Flatten, Sequential, SGD } from 'hebb';
import { inference, training, type Workload } from '../workload.js';
import { images, labels } from './data.js';

/** LeNet-5 with tanh, average pooling and a linear output, for 28 × 28 images. */
function lenet(): Sequential {
  return new Sequential([
    new Conv2D(6, 5, { padding: 2, activation: 'tanh' }),
    new AvgPool2D(2),
    new Conv2D(16, 5, { activation: 'tanh' }),
    new AvgPool2D(2),
    new Flatten(),
    new Dense(120, { activation: 'tanh' }),
    new Dense(84, { activation: 'tanh' }),
    new Dense(10),
  ]);
}

export const lenetWorkloads: readonly Workload[] = [
  {
    name: 'train/lenet5-b64-sgdm',
    prepare: ({ batch = 64, image = 28 } = {}) =>
      training(
        lenet(),
        [images(batch, 1, image), labels(batch, 10)],
        crossEntropy,
        new SGD({ learningRate: 0.01, momentum: 0.9 }),
      ),
  },
  { name: 'infer/lenet5-b1', prepare: ({ batch = 1, image = 28 } = {}) => inference(lenet(), images(batch, 1, image)) },
];
