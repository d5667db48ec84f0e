import { grad } from '@hebb/autograd';
import { type Tensor, tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  crossEntropy,
  halfSquaredError,
  huber,
  klDivergence,
  type LossOptions,
  meanAbsoluteError,
  meanSquaredError,
} from './index.js';

// Expected numbers are PyTorch 2.13's, float32.
const predictions = () => tensor([0.5, -1.2, 2, 0, 3, -0.7]).reshape([2, 3]);
const targets = () => tensor([1, -1, 0, 0.5, 1, -0.7]).reshape([2, 3]);
const logits = () => tensor([1, 2, 0.5, -0.3, 0.1, 1.5]).reshape([2, 3]);
const labels = () => tensor(Int32Array.of(1, 0));
const probabilities = () => tensor([0.1, 0.7, 0.2, 0.5, 0.25, 0.25]).reshape([2, 3]);
const classWeights = () => tensor([0.2, 1.5, 0.7]);

function expectClose(actual: Tensor, expected: readonly number[]): void {
  const values = Array.from(actual.dataSync(), Number);
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries())
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(expected[i]));
}

function expectGradient(loss: (x: Tensor) => Tensor, at: Tensor, expected: readonly number[]): void {
  expectClose(
    grad((x: Tensor) => {
      const value = loss(x);
      return value.rank === 0 ? value : value.sum();
    })(at),
    expected,
  );
}

describe('elementwise losses against PyTorch', () => {
  type Loss = (y: Tensor, t: Tensor, options?: LossOptions) => Tensor;
  const cases: readonly (readonly [string, Loss, number, number, readonly number[], readonly number[]])[] = [
    ['meanSquaredError', meanSquaredError, 1.4233333, 8.54, [0.25, 0.04, 4, 0.25, 4, 0], [-1, -0.4, 4, -1, 4, 0]],
    ['meanAbsoluteError', meanAbsoluteError, 0.8666666, 5.2, [0.5, 0.2, 2, 0.5, 2, 0], [-1, -1, 1, -1, 1, 0]],
    ['huber', huber, 0.545, 3.27, [0.125, 0.02, 1.5, 0.125, 1.5, 0], [-0.5, -0.2, 1, -0.5, 1, 0]],
    [
      'huber, delta 0.5',
      (y, t, options) => huber(y, t, { ...options, delta: 0.5 }),
      0.3366667,
      2.02,
      [0.125, 0.02, 0.875, 0.125, 0.875, 0],
      [-0.5, -0.2, 0.5, -0.5, 0.5, 0],
    ],
  ];
  it.each(cases)('%s', (_name, loss, mean, sum, none, gradient) => {
    expectClose(loss(predictions(), targets()), [mean]);
    expectClose(loss(predictions(), targets(), { reduction: 'sum' }), [sum]);
    expectClose(loss(predictions(), targets(), { reduction: 'none' }), none);
    expectGradient((y) => loss(y, targets(), { reduction: 'sum' }), predictions(), gradient);
    expectGradient(
      (y) => loss(y, targets()),
      predictions(),
      gradient.map((value) => value / 6),
    );
  });

  it('halfSquaredError is ½ Σ per sample', () => {
    expectClose(halfSquaredError(predictions(), targets()), [4.27]);
    expectClose(halfSquaredError(predictions(), targets(), { reduction: 'mean' }), [2.135]);
    expectClose(halfSquaredError(predictions(), targets(), { reduction: 'none' }), [2.145, 2.125]);
    expectGradient((y) => halfSquaredError(y, targets()), predictions(), [-0.5, -0.2, 2, -0.5, 2, 0]);
  });
});

describe('sample weights', () => {
  it('multiply the losses, and the mean divides by their sum', () => {
    const weights = tensor([1, 3]);
    expectClose(meanSquaredError(predictions(), targets(), { weights, reduction: 'none' }), [0.25, 0.04, 4, 0.75, 12, 0]);
    expectClose(meanSquaredError(predictions(), targets(), { weights, reduction: 'sum' }), [17.04]);
    expectClose(meanSquaredError(predictions(), targets(), { weights }), [17.04 / 12]);
    expectClose(crossEntropy(logits(), labels(), { weights }), [(0.4643688 + 3 * 2.1449332) / 4]);
  });

  it('equal weights change nothing, weights of any dtype are taken, zeros give 0', () => {
    const ones = tensor(Int32Array.of(2, 2));
    expectClose(crossEntropy(logits(), labels(), { weights: ones }), [1.304651]);
    expectClose(meanSquaredError(predictions(), targets(), { weights: tensor([0, 0]) }), [0]);
  });

  it('must be one per sample', () => {
    expect(() => meanSquaredError(predictions(), targets(), { weights: tensor([1, 2, 3]) })).toThrow(/weights of shape \[2\]/);
  });
});

describe('crossEntropy against PyTorch', () => {
  const gradient = [0.2312239, -0.3714683, 0.1402444, -0.8829241, 0.1746566, 0.7082676];

  it('takes labels of every integer dtype', () => {
    for (const y of [labels(), tensor(Uint8Array.of(1, 0)), tensor(BigInt64Array.of(1n, 0n))]) {
      expectClose(crossEntropy(logits(), y), [1.304651]);
      expectClose(crossEntropy(logits(), y, { classWeights: classWeights() }), [0.6620822]);
    }
    expectClose(crossEntropy(logits(), labels(), { reduction: 'none' }), [0.4643688, 2.1449332]);
    expectGradient((x) => crossEntropy(x, labels(), { reduction: 'sum' }), logits(), gradient);
  });

  it('smooths labels', () => {
    expectClose(crossEntropy(logits(), labels(), { labelSmoothing: 0.1 }), [1.309651]);
    expectClose(crossEntropy(logits(), labels(), { labelSmoothing: 0.1, reduction: 'none' }), [0.5477021, 2.0715997]);
    const expected = [0.1978905, -0.3048016, 0.106911, -0.8162575, 0.1413233, 0.6749342];
    expectGradient((x) => crossEntropy(x, labels(), { labelSmoothing: 0.1, reduction: 'sum' }), logits(), expected);
  });

  it('weighs classes', () => {
    const options = { classWeights: classWeights() };
    expectClose(crossEntropy(logits(), labels(), options), [0.6620822]);
    expectClose(crossEntropy(logits(), labels(), { ...options, reduction: 'none' }), [0.6965532, 0.4289866]);
    expectClose(crossEntropy(logits(), labels(), { ...options, labelSmoothing: 0.1 }), [0.7067038]);
    const expected = [0.1905785, -0.2948233, 0.1042448, -0.0918982, -0.0026996, 0.0945978];
    expectGradient((x) => crossEntropy(x, labels(), { ...options, labelSmoothing: 0.1 }), logits(), expected);
  });

  it('takes probabilities', () => {
    expectClose(crossEntropy(logits(), probabilities()), [1.2296511]);
    expectClose(crossEntropy(logits(), probabilities(), { reduction: 'none' }), [0.8643688, 1.5949333]);
    const options = { classWeights: classWeights(), labelSmoothing: 0.1 };
    expectClose(crossEntropy(logits(), probabilities(), options), [0.8686972]);
    const expected = [0.122817, -0.1301232, 0.0073062, -0.0094056, -0.1356767, 0.1450823];
    expectGradient((x) => crossEntropy(x, probabilities(), options), logits(), expected);
  });

  it('takes predicted probabilities, and stays finite at 0', () => {
    expectClose(crossEntropy(logits().softmax(-1), labels(), { fromLogits: false }), [1.304651]);
    expectClose(crossEntropy(tensor([[0, 1]]), tensor(Int32Array.of(0)), { fromLogits: false }), [16.118096]);
  });

  it('takes sequences, and logits of any size', () => {
    const sequence = logits().reshape([1, 2, 3]);
    expectClose(crossEntropy(sequence, tensor(Int32Array.of(1, 0), { shape: [1, 2] })), [1.304651]);
    expectClose(crossEntropy(tensor([[1000, -1000]]), tensor(Int32Array.of(1))), [2000]);
  });

  it('names what does not fit', () => {
    expect(() => crossEntropy(logits(), tensor(Int32Array.of(3, 0)))).toThrow(/3/);
    expect(() => crossEntropy(logits(), tensor(Int32Array.of(-1, 0)))).toThrow(/-1/);
    expect(() => crossEntropy(logits(), tensor(Int32Array.of(3, 0)), { labelSmoothing: 0.1 })).toThrow(/3/);
    expect(() => crossEntropy(logits(), tensor([1, 0]))).toThrow(/integer dtype/);
    expect(() => crossEntropy(logits(), tensor(Int32Array.of(1, 0, 2)))).toThrow(/expected targets \[2\]/);
    expect(() => crossEntropy(logits(), labels(), { labelSmoothing: 1.5 })).toThrow(/labelSmoothing/);
    expect(() => crossEntropy(logits(), labels(), { classWeights: tensor([1, 2]) })).toThrow(/class weights \[3\]/);
    expect(() => crossEntropy(logits(), tensor([true, false]))).toThrow(/integer labels/);
  });
});

describe('binaryCrossEntropy against PyTorch', () => {
  const scores = () => tensor([0, 2, -3, 50]);
  const truth = () => tensor([1, 0, 0.25, 1]);

  it('takes logits', () => {
    expectClose(binaryCrossEntropy(scores(), truth()), [0.9046656]);
    expectClose(binaryCrossEntropy(scores(), truth(), { reduction: 'none' }), [Math.LN2, 2.1269281, 0.7985873, 0]);
    expectGradient((x) => binaryCrossEntropy(x, truth(), { reduction: 'sum' }), scores(), [-0.5, 0.880797, -0.2025741, 0]);
    expectClose(binaryCrossEntropy(tensor([1000, -1000]), tensor([0, 1]), { reduction: 'none' }), [1000, 1000]);
  });

  it('takes probabilities', () => {
    const p = tensor([0.9, 0.2, 0.5]);
    const t = tensor([1, 0, 0.3]);
    expectClose(binaryCrossEntropy(p, t, { fromLogits: false }), [0.3405504]);
    expectGradient((x) => binaryCrossEntropy(x, t, { fromLogits: false }), p, [-0.3703704, 0.4166666, 0.2666667]);
    expect(binaryCrossEntropy(tensor([0, 1]), tensor([1, 0]), { fromLogits: false }).itemSync()).toBeLessThan(17);
  });
});

describe('klDivergence against PyTorch', () => {
  const target = () => tensor([0, 0.7, 0.3, 0.5, 0.25, 0.25]).reshape([2, 3]);

  it('takes probabilities, zeros among them', () => {
    const logs = logits().logSoftmax(-1);
    expectClose(klDivergence(logs, target()), [0.4293585]);
    expectClose(klDivergence(logs, target(), { reduction: 'mean' }), [0.1431195]);
    expectClose(klDivergence(logs, target(), { reduction: 'sum' }), [0.858717]);
    const none = [0, 0.0753857, 0.2281188, 0.725893, 0.0896598, -0.2603402];
    expectClose(klDivergence(logs, target(), { reduction: 'none' }), none);
    expectGradient((x) => klDivergence(x, target()), logs, [0, -0.35, -0.15, -0.25, -0.125, -0.125]);
  });

  it('takes logarithms', () => {
    expectClose(klDivergence(logits().logSoftmax(-1), probabilities().log(), { logTargets: true }), [0.3088814]);
  });
});

describe('bad arguments', () => {
  it('are named, and nothing broadcasts', () => {
    expect(() => meanSquaredError(predictions(), tensor([1, 2, 3]))).toThrow(/expected targets of the predictions' shape/);
    expect(() => meanSquaredError(tensor([[1], [2]]), tensor([1, 2]))).toThrow(/Reshape/);
    expect(() => meanSquaredError(predictions(), targets().cast('float64'))).toThrow(/dtype/);
    expect(() => meanSquaredError(labels(), labels())).toThrow(/float dtype/);
    expect(() => huber(predictions(), targets(), { delta: 0 })).toThrow(/delta/);
    expect(() => huber(predictions(), targets(), { delta: Number.NaN })).toThrow(/delta/);
    const reduction: string = 'average';
    expect(() => meanSquaredError(predictions(), targets(), { reduction: reduction as 'mean' })).toThrow(/reduction/);
    expect(() => meanSquaredError(tensor([], { shape: [0, 3] }), tensor([], { shape: [0, 3] }))).toThrow(/no samples/);
  });

  it('float64 is computed in float64', () => {
    const loss = meanSquaredError(tensor(Float64Array.of(0.1)), tensor(Float64Array.of(0)));
    expect(loss.itemSync()).toBeCloseTo(0.01, 15);
  });
});
