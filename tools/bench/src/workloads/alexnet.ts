import { Conv2D, crossEntropy, Dense, Dropout, Flatten, MaxPool2D, Sequential, SGD } from 'hebb';
import { training, type Workload } from '../workload.js';
import { images, labels } from './data.js';

/** AlexNet as torchvision has it. Its adaptive pooling to 6 × 6 is left out: that is what images of 224 × 224 have there anyway. */
function alexnet(classes = 1000): Sequential {
  const activation = 'relu';
  return new Sequential([
    new Conv2D(64, 11, { stride: 4, padding: 2, activation }),
    new MaxPool2D(3, { stride: 2 }),
    new Conv2D(192, 5, { padding: 2, activation }),
    new MaxPool2D(3, { stride: 2 }),
    new Conv2D(384, 3, { padding: 1, activation }),
    new Conv2D(256, 3, { padding: 1, activation }),
    new Conv2D(256, 3, { padding: 1, activation }),
    new MaxPool2D(3, { stride: 2 }),
    new Flatten(),
    new Dropout(0.5),
    new Dense(4096, { activation }),
    new Dropout(0.5),
    new Dense(4096, { activation }),
    new Dense(classes),
  ]);
}

export const alexnetWorkloads: readonly Workload[] = [
  {
    name: 'train/alexnet-224-b16-sgdm',
    prepare: ({ batch = 16, image = 224 } = {}) =>
      training(
        alexnet(),
        [images(batch, 3, image), labels(batch, 1000)],
        crossEntropy,
        new SGD({ learningRate: 0.01, momentum: 0.9 }),
      ),
  },
];
