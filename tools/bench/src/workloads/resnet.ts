import {
  Activation,
  BatchNorm,
  Conv2D,
  crossEntropy,
  Dense,
  GlobalAvgPool2D,
  Layer,
  MaxPool2D,
  Sequential,
  SGD,
  type Tensor,
} from 'hebb';
import { inference, training, type Workload } from '../workload.js';
import { images, labels } from './data.js';

const useBias = false;

/** Convolutions with a shortcut around them (He et al. 2016): two of 3 × 3, or a bottleneck of 1 × 1, 3 × 3, 1 × 1. */
class Block extends Layer {
  private readonly body: Sequential;
  private readonly shortcut: Sequential | undefined;

  constructor(channelsIn: number, channels: number, stride: number, bottleneck: boolean) {
    super();
    const channelsOut = bottleneck ? channels * 4 : channels;
    const relu = () => new Activation('relu');
    const convolutions = bottleneck
      ? [
          ...[new Conv2D(channels, 1, { useBias }), new BatchNorm(), relu()],
          ...[new Conv2D(channels, 3, { stride, padding: 1, useBias }), new BatchNorm(), relu()],
          ...[new Conv2D(channelsOut, 1, { useBias }), new BatchNorm()],
        ]
      : [
          ...[new Conv2D(channels, 3, { stride, padding: 1, useBias }), new BatchNorm(), relu()],
          ...[new Conv2D(channels, 3, { padding: 1, useBias }), new BatchNorm()],
        ];
    this.body = new Sequential(convolutions);
    if (stride !== 1 || channelsIn !== channelsOut) {
      this.shortcut = new Sequential([new Conv2D(channelsOut, 1, { stride, useBias }), new BatchNorm()]);
    }
  }

  protected override forward(x: Tensor): Tensor {
    return this.body
      .call(x)
      .add(this.shortcut?.call(x) ?? x)
      .relu();
  }
}

function resnet(blocks: readonly number[], bottleneck: boolean, classes = 1000): Sequential {
  const layers: Layer[] = [
    new Conv2D(64, 7, { stride: 2, padding: 3, useBias }),
    new BatchNorm(),
    new Activation('relu'),
    new MaxPool2D(3, { stride: 2, padding: 1 }),
  ];
  let channelsIn = 64;
  blocks.forEach((count, stage) => {
    const channels = 64 * 2 ** stage;
    for (let i = 0; i < count; i++) {
      layers.push(new Block(channelsIn, channels, i === 0 && stage > 0 ? 2 : 1, bottleneck));
      channelsIn = bottleneck ? channels * 4 : channels;
    }
  });
  return new Sequential([...layers, new GlobalAvgPool2D(), new Dense(classes)]);
}

const resnet18 = () => resnet([2, 2, 2, 2], false);
const resnet50 = () => resnet([3, 4, 6, 3], true);

function resnetTraining(name: string, model: () => Sequential, size: { batch: number }): Workload {
  return {
    name,
    prepare: ({ batch = size.batch, image = 224 } = {}) =>
      training(
        model(),
        [images(batch, 3, image), labels(batch, 1000)],
        crossEntropy,
        new SGD({ learningRate: 0.01, momentum: 0.9 }),
      ),
  };
}

export const resnetWorkloads: readonly Workload[] = [
  resnetTraining('train/resnet18-224-b8-sgdm', resnet18, { batch: 8 }),
  resnetTraining('train/resnet50-224-b4-sgdm', resnet50, { batch: 4 }),
  {
    name: 'infer/resnet50-224-b1',
    prepare: ({ batch = 1, image = 224 } = {}) => inference(resnet50(), images(batch, 3, image)),
  },
];
