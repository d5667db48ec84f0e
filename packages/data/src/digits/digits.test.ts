import { valueAndGrad } from '@hebb/autograd';
import { Generator, scope, type Tensor, Variable, zeros } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { DataLoader, drawnDigits } from '../index.js';

describe('drawnDigits', () => {
  it('has the form of MNIST', () => {
    const dataset = drawnDigits({ count: 25, seed: 3 });
    const [images, labels] = dataset.getBatch(Int32Array.of(0, 12));
    expect([images.dtype, images.shape]).toEqual(['float32', [2, 28, 28, 1]]);
    expect([labels.dtype, [...labels.dataSync()]]).toEqual(['int32', [0, 2]]);
    expect(drawnDigits({ count: 1, size: 12 }).get(0)[0].shape).toEqual([12, 12, 1]);
  });

  it('depends on the seed and the place only', () => {
    const pixels = (count: number, seed: number) => Buffer.from(drawnDigits({ count, seed }).fields[0].data);
    expect(pixels(20, 1).equals(pixels(20, 1))).toBe(true);
    expect(
      pixels(30, 1)
        .subarray(0, 20 * 784)
        .equals(pixels(20, 1)),
    ).toBe(true);
    expect(pixels(20, 1).equals(pixels(20, 2))).toBe(false);
  });

  it('draws something in every image, inside the frame', () => {
    const { data } = drawnDigits({ count: 200 }).fields[0];
    for (let i = 0; i < 200; i += 1) {
      const image = data.subarray(i * 784, (i + 1) * 784);
      const bright = image.reduce((count, pixel) => count + (pixel > 128 ? 1 : 0), 0);
      expect(bright).toBeGreaterThan(20);
      expect(bright).toBeLessThan(300);
    }
  });

  it('refuses bad arguments', () => {
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => drawnDigits({ count })).toThrow(/count/);
    expect(() => drawnDigits({ count: 1, size: 7 })).toThrow(/size/);
    expect(() => drawnDigits({ count: 1, seed: -1 })).toThrow(/seed/);
  });

  it('can be learnt by a small convolutional network', () => {
    const random = new Generator(1);
    const weight = (shape: number[], fanIn: number) => new Variable(random.normal(shape, { std: Math.sqrt(2 / fanIn) }));
    const [conv1, conv2, dense] = [weight([8, 5, 5, 1], 25), weight([16, 5, 5, 8], 200), weight([784, 10], 784)];
    const bias = new Variable(zeros([10]));
    const variables = [conv1, conv2, dense, bias];
    const network = (images: Tensor) => {
      const first = images.conv2d(conv1.value, { padding: 'same' }).relu().maxPool2d(2);
      const second = first.conv2d(conv2.value, { padding: 'same' }).relu().maxPool2d(2);
      return second.reshape([images.shape[0], 784]).matmul(dense.value).add(bias.value);
    };
    const loader = new DataLoader(drawnDigits({ count: 2000, seed: 1 }), { batchSize: 50, shuffle: true });
    for (let epoch = 0; epoch < 3; epoch += 1) {
      for (const [images, labels] of loader) {
        scope(() => {
          const { grads } = valueAndGrad(() => network(images).softmaxCrossEntropy(labels).mean());
          for (const variable of variables)
            variable.assign(variable.value.sub((grads.get(variable) as Tensor<'float32'>).mul(0.1)));
        });
      }
    }
    const [images, labels] = drawnDigits({ count: 500, seed: 2 }).getBatch(Int32Array.from({ length: 500 }, (_, i) => i));
    const accuracy = scope(() => Number(network(images).argMax(-1).equal(labels).cast('float32').mean().itemSync()));
    expect(accuracy).toBeGreaterThan(0.95);
  });
});
