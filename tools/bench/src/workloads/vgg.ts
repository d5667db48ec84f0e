import { Conv2D, crossEntropy, Dense, Dropout, Flatten, MaxPool2D, Sequential, SGD } from 'hebb';
import { training, type Workload } from '../workload.js';
import { images, labels } from './data.js';

/** Filters of the 3 × 3 convolutions of each block; a pooling ends it. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

function vgg16(classes = 1000): Sequential {
  const activation = 'relu';
  return new Sequential([
    ...BLOCKS.flatMap((block) => [
      ...block.map((filters) => new Conv2D(filters, 3, { padding: 1, activation })),
      new MaxPool2D(2),
    ]),
    new Flatten(),
    new Dense(4096, { activation }),
    new Dropout(0.5),
    new Dense(4096, { activation }),
    new Dropout(0.5),
    new Dense(classes),
  ]);
}

export const vggWorkloads: readonly Workload[] = [
  {
    name: 'train/vgg16-224-b4-sgdm',
    prepare: ({ batch = 4, image = 224 } = {}) =>
      training(
        vgg16(),
        [images(batch, 3, image), labels(batch, 1000)],
        crossEntropy,
        new SGD({ learningRate: 0.01, momentum: 0.9 }),
      ),
  },
];
