import { createHash } from 'node:crypto';
import { valueAndGrad } from '@hebb/autograd';
import { afterAll, expect, it } from 'vitest';
import {
  batchNorm,
  type FloatDType,
  Generator,
  layerNorm,
  logSumExp,
  lstm,
  type Shape,
  scaledDotProductAttention,
  scope,
  selfAttention,
  setThreads,
  softmax,
  type Tensor,
  threads,
  variance,
} from '../index.js';

/** Values and gradients are the same bits for any number of threads: sizes here are large enough to be shared out. */
type Case = readonly [name: string, shapes: readonly Shape[], fn: (...xs: Tensor[]) => Tensor];

const CASES: readonly Case[] = [
  [
    'attention',
    [
      [3, 70, 16],
      [3, 300, 16],
      [3, 300, 16],
    ],
    (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }),
  ],
  ['selfAttention', [[3, 300, 3, 2, 16]], (qkv) => selfAttention(qkv, { causal: true })],
  ['conv2d 3×3', [[2, 28, 28, 32], [32, 3, 3, 32], [32]], (x, w, bias) => x.conv2d(w, { padding: 1, bias })],
  [
    'conv2d 7×7',
    [
      [2, 40, 40, 3],
      [16, 7, 7, 3],
    ],
    (x, w) => x.conv2d(w, { padding: 3, stride: 2 }),
  ],
  [
    'conv2d 1×1',
    [
      [4, 14, 14, 64],
      [32, 1, 1, 64],
    ],
    (x, w) => x.conv2d(w),
  ],
  [
    'conv2d depthwise',
    [
      [2, 33, 31, 48],
      [48, 3, 3, 1],
    ],
    (x, w) => x.conv2d(w, { padding: 1, groups: 48 }),
  ],
  [
    'conv2d groups',
    [
      [2, 20, 20, 32],
      [32, 3, 3, 8],
    ],
    (x, w) => x.conv2d(w, { groups: 4 }),
  ],
  [
    'matmul',
    [
      [250, 300],
      [300, 170],
    ],
    (a, b) => a.matmul(b),
  ],
  [
    'matmul of few rows',
    [
      [3, 3000],
      [3000, 50],
    ],
    (a, b) => a.matmul(b),
  ],
  [
    'matmul of batches',
    [
      [8, 65, 130],
      [8, 130, 37],
    ],
    (a, b) => a.matmul(b),
  ],
  ['batchNorm', [[8000, 35], [35], [35]], (x, gamma, beta) => batchNorm(x, gamma, beta).y],
  ['layerNorm', [[1000, 215], [215], [215]], (x, gamma, beta) => layerNorm(x, gamma, beta)],
  [
    'lstm',
    [
      [13, 9, 140],
      [35, 140],
    ],
    (x, kernel) => lstm(x, kernel).h,
  ],
  ['softmax', [[203, 1001]], (x) => softmax(x, 0)],
  ['sum', [[503, 497]], (x) => x.sum(0).exp()],
  ['logSumExp', [[503, 497]], (x) => logSumExp(x)],
  ['variance', [[30, 200, 50]], (x) => variance(x, [0, 2])],
  ['avgPool2d', [[4, 28, 28, 64]], (x) => x.avgPool2d(3, { stride: 2, padding: 1 })],
  ['maxPool2d', [[4, 28, 28, 64]], (x) => x.maxPool2d(3, { stride: 2, padding: 1 })],
];

function digest(x: Tensor): string {
  return createHash('sha256').update(new Uint8Array(x.dataSync().buffer)).digest('hex');
}

function results([name, shapes, fn]: Case, dtype: FloatDType, count: number): string[] {
  setThreads(count);
  return scope(() => {
    const generator = new Generator(1);
    const wide = (i: number) => i > 0 && name.endsWith('Norm') && dtype === 'bfloat16';
    const xs: Tensor[] = shapes.map((shape, i) => generator.normal(shape, { dtype: wide(i) ? 'float32' : dtype }));
    const { value, grads } = valueAndGrad(() => {
      const y = fn(...xs);
      return [y.mul(generator.normal(y.shape, { dtype })).sum(), y] as const;
    }, xs);
    return [value[1], ...xs.map((x) => grads.get(x) as Tensor)].map(digest);
  });
}

const before = threads();
afterAll(() => setThreads(before));

for (const dtype of ['float32', 'float64', 'bfloat16'] as const) {
  it.each(CASES)(`${dtype} %s`, (...entry) => {
    const runs = [1, 2, 3, 2].map((count) => results(entry, dtype, count));
    for (const run of runs) expect(run).toEqual(runs[0]);
  });
}
