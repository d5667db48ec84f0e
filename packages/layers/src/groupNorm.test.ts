import { gradCheck, valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { Generator, ones, type Tensor, tensor, zeros } from '@hebb/tensor';
import { callWithWeights, expectClose, expectHebbError, type OpTestOptions, testOp } from '@hebb/testing';
import { expect, it } from 'vitest';
import { AdaptiveAvgPool2D, GroupNorm, InstanceNorm, type Layer } from './index.js';

const golden = (name: string) => new URL(`../../tensor/golden/${name}.json`, import.meta.url);

type Attributes = { groups: number; epsilon: number };
// Layers compute in 16 bits by a policy (policy.test.ts).
const inFull: OpTestOptions = { dtypes: ['float32', 'float64'] };
testOp(
  golden('groupNorm'),
  'groupNorm',
  (inputs, { groups, epsilon }: Attributes) =>
    callWithWeights(new GroupNorm(groups, { epsilon, affine: inputs.length > 1 }), inputs),
  inFull,
);
testOp(golden('groupNorm'), 'instanceNorm', (inputs) => callWithWeights(new InstanceNorm(), inputs), inFull);
testOp(golden('adaptivePool'), 'adaptiveAvgPool2d', ([x]: [Tensor], { size }: { size: [number, number] }) =>
  new AdaptiveAvgPool2D(size).call(x),
);

const x = new Generator(3).normal([2, 3, 3, 4]);

it('has gamma and beta where PyTorch has them, or where asked', () => {
  const count = (layer: Layer) => {
    expect(layer.call(x).shape).toEqual(x.shape);
    return layer.variables.map(({ name }) => name);
  };
  expect(count(new GroupNorm(2))).toEqual(['gamma', 'beta']);
  expect(count(new GroupNorm(2, { affine: false }))).toEqual([]);
  expect(count(new InstanceNorm())).toEqual([]);
  expect(count(new InstanceNorm({ affine: true }))).toEqual(['gamma', 'beta']);
});

it('is instance normalisation with a group a channel', () => {
  expectClose(new GroupNorm(4).call(x), new InstanceNorm().call(x));
});

it('does the same in training and inference', () => {
  const layer = new GroupNorm(2);
  expect(layer.call(x).dataSync()).toEqual(layer.eval().call(x).dataSync());
});

it('trains gamma and beta', () => {
  const layer = new InstanceNorm({ affine: true });
  const { grads } = valueAndGrad(() => layer.call(x).mul(x).sum());
  expect([...grads.values()].map(({ shape }) => shape)).toEqual([[4], [4]]);
  const input = new Generator(3).normal([2, 3, 4], { dtype: 'float64' });
  gradCheck(
    (...inputs) => callWithWeights(new InstanceNorm({ affine: true }), inputs),
    [input, tensor(Float64Array.of(1, -2, 0.5, 3)), ones([4], 'float64')],
  );
});

it('is the same bits compiled', () => {
  for (const layer of [new GroupNorm(2), new InstanceNorm(), new AdaptiveAvgPool2D(2), new AdaptiveAvgPool2D([3, 1])]) {
    const expected = layer.call(x).dataSync();
    expect(
      compile((input: Tensor) => layer.call(input))
        .runSync(x)
        .dataSync(),
    ).toEqual(expected);
  }
});

it('refuses what does not fit', () => {
  expectHebbError(() => new GroupNorm(0), 'range', 'GroupNorm', 'groups', '0');
  expectHebbError(() => new GroupNorm(1, { epsilon: -1 }), 'range', 'GroupNorm', 'epsilon', '-1');
  expectHebbError(() => new InstanceNorm({ epsilon: NaN }), 'range', 'InstanceNorm', 'epsilon', 'NaN');
  expectHebbError(() => new GroupNorm(3).call(x), 'shape', 'GroupNorm', 'multiple of 3', '2,3,3,4');
  expectHebbError(() => new InstanceNorm().call(zeros([3])), 'shape', 'InstanceNorm', '[N, …, channels]');
  expectHebbError(() => new AdaptiveAvgPool2D([2, 0]), 'range', 'AdaptiveAvgPool2D', 'size', '0');
  expectHebbError(() => new AdaptiveAvgPool2D(2).call(zeros([3, 3])), 'shape', 'adaptiveAvgPool2d', '[3, 3]');
});
