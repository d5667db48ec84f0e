import { grad } from '@hebb/autograd';
import { expectClose } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  conv2d,
  Generator,
  layerNorm,
  lstm,
  matmul,
  scaledDotProductAttention,
  scope,
  selfAttention,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  where,
} from '../index.js';

type Half = 'bfloat16' | 'float16';

/** An op of 16-bit floats, and how its operands come from normally distributed numbers. */
interface Case {
  shapes: readonly (readonly number[])[];
  fn: (...inputs: Tensor[]) => Tensor;
  /** Brings operands into the op's domain. */
  prepare?: (x: Tensor) => Tensor;
  /** Operands from this one on are scales, float32 beside 16-bit floats; default: none. */
  wide?: number;
}

const positive = (x: Tensor) => x.abs().add(0.5);
const image = [2, 6, 6, 8];

const CASES: Record<string, Case> = {
  neg: { shapes: [[70]], fn: (x) => x.neg() },
  abs: { shapes: [[70]], fn: (x) => x.abs() },
  sign: { shapes: [[70]], fn: (x) => x.sign() },
  exp: { shapes: [[70]], fn: (x) => x.exp() },
  expm1: { shapes: [[70]], fn: (x) => x.expm1() },
  log: { shapes: [[70]], fn: (x) => x.log(), prepare: positive },
  log1p: { shapes: [[70]], fn: (x) => x.log1p(), prepare: positive },
  sqrt: { shapes: [[70]], fn: (x) => x.sqrt(), prepare: positive },
  rsqrt: { shapes: [[70]], fn: (x) => x.rsqrt(), prepare: positive },
  reciprocal: { shapes: [[70]], fn: (x) => x.reciprocal(), prepare: positive },
  square: { shapes: [[70]], fn: (x) => x.square() },
  sin: { shapes: [[70]], fn: (x) => x.sin() },
  cos: { shapes: [[70]], fn: (x) => x.cos() },
  tanh: { shapes: [[70]], fn: (x) => x.tanh() },
  erf: { shapes: [[70]], fn: (x) => x.erf() },
  sigmoid: { shapes: [[70]], fn: (x) => x.sigmoid() },
  silu: { shapes: [[70]], fn: (x) => x.silu() },
  softplus: { shapes: [[70]], fn: (x) => x.softplus() },
  relu: { shapes: [[70]], fn: (x) => x.relu() },
  leakyRelu: { shapes: [[70]], fn: (x) => x.leakyRelu(0.1) },
  elu: { shapes: [[70]], fn: (x) => x.elu() },
  gelu: { shapes: [[70]], fn: (x) => x.gelu() },
  'gelu, approximate': { shapes: [[70]], fn: (x) => x.gelu({ approximate: 'tanh' }) },
  clip: { shapes: [[70]], fn: (x) => x.clip(-0.5, 0.5) },
  add: { shapes: [[3, 70], [70]], fn: (a, b) => a.add(b) },
  'sub, short rows': {
    shapes: [
      [5, 7, 3],
      [7, 1],
    ],
    fn: (a, b) => a.sub(b),
  },
  mul: {
    shapes: [
      [3, 70],
      [3, 1],
    ],
    fn: (a, b) => a.mul(b),
  },
  div: { shapes: [[70], [70]], fn: (a, b) => a.div(b), prepare: positive },
  'pow 2': { shapes: [[70]], fn: (a) => a.pow(2) },
  pow: { shapes: [[70], [70]], fn: (a, b) => a.pow(b), prepare: positive },
  maximum: { shapes: [[70], [70]], fn: (a, b) => a.maximum(b) },
  minimum: { shapes: [[70], [70]], fn: (a, b) => a.minimum(b) },
  where: { shapes: [[70], [70]], fn: (a, b) => where(a.greater(b), a, b) },
  'sum of all': { shapes: [[40, 70]], fn: (x) => x.sum() },
  'sum of columns': { shapes: [[40, 70]], fn: (x) => x.sum(0) },
  mean: { shapes: [[4, 70, 3]], fn: (x) => x.mean(1) },
  max: { shapes: [[4, 70, 3]], fn: (x) => x.max(1) },
  min: { shapes: [[4, 70]], fn: (x) => x.min(1) },
  prod: { shapes: [[4, 5]], fn: (x) => x.prod(1), prepare: positive },
  logSumExp: { shapes: [[4, 70]], fn: (x) => x.logSumExp(1) },
  transpose: { shapes: [[3, 4, 5]], fn: (x) => x.transpose([2, 0, 1]) },
  concat: {
    shapes: [
      [3, 4],
      [3, 2],
    ],
    fn: (a, b) => a.concat([b], 1),
  },
  slice: { shapes: [[6, 7]], fn: (x) => x.slice([1, 2], [3, 4]) },
  pad: { shapes: [[3, 4]], fn: (x) => x.pad([[1, 2], [0, 1]], 0.5) }, // biome-ignore format: one row a case
  gather: { shapes: [[6, 7]], fn: (x) => x.gather(tensor(Int32Array.of(0, 5, 0, 3))) },
  takeAlongAxis: { shapes: [[2, 7]], fn: (x) => x.takeAlongAxis(tensor([[0, 0, 6], [1, 2, 1]], { dtype: 'int32' }), 1) }, // biome-ignore format: one row a case
  matmul: {
    shapes: [
      [33, 40],
      [40, 65],
    ],
    fn: (a, b) => matmul(a, b),
  },
  'matmul, few products': {
    shapes: [
      [3, 5],
      [5, 2],
    ],
    fn: (a, b) => matmul(a, b),
  },
  'matmul, transposed': { shapes: [[40, 33], [65, 40]], fn: (a, b) => matmul(a, b, { transposeA: true, transposeB: true }) }, // biome-ignore format: one row a case
  'matmul, bias': { shapes: [[130, 96], [96, 160], [160]], fn: (a, b, bias) => matmul(a, b, { bias }) },
  'matmul, in parts': {
    shapes: [
      [200, 150],
      [150, 300],
    ],
    fn: (a, b) => matmul(a, b),
  },
  'matmul, batch': {
    shapes: [
      [9, 17, 30],
      [9, 30, 21],
    ],
    fn: (a, b) => matmul(a, b),
  },
  conv2d: { shapes: [image, [16, 3, 3, 8], [16]], fn: (x, w, bias) => conv2d(x, w, { bias, padding: 1 }) },
  'conv2d, stride': { shapes: [image, [12, 3, 3, 8]], fn: (x, w) => conv2d(x, w, { stride: 2 }) },
  'conv2d, 1 × 1': { shapes: [image, [16, 1, 1, 8]], fn: (x, w) => conv2d(x, w) },
  'conv2d, groups': { shapes: [image, [8, 3, 3, 2]], fn: (x, w) => conv2d(x, w, { groups: 4 }) },
  'conv2d, one channel': {
    shapes: [
      [3, 9, 9, 1],
      [6, 5, 5, 1],
    ],
    fn: (x, w) => conv2d(x, w, { padding: 2 }),
  },
  maxPool2d: { shapes: [image], fn: (x) => x.maxPool2d(2) },
  avgPool2d: { shapes: [image], fn: (x) => x.avgPool2d(3, { stride: 1 }) },
  softmax: { shapes: [[4, 70]], fn: (x) => x.softmax() },
  logSoftmax: { shapes: [[4, 70]], fn: (x) => x.logSoftmax() },
  softmaxCrossEntropy: { shapes: [[3, 40]], fn: (x) => softmaxCrossEntropy(x, tensor(Int32Array.of(1, 39, 0))) },
  batchNorm: { shapes: [[4, 5, 5, 6], [6], [6]], wide: 1, fn: (x, gamma, beta) => batchNorm(x, gamma, beta).y },
  layerNorm: { shapes: [[6, 40], [40], [40]], wide: 1, fn: (x, gamma, beta) => layerNorm(x, gamma, beta) },
  lstm: {
    shapes: [
      [13, 6, 36],
      [9, 36],
      [13, 9],
      [13, 9],
    ],
    fn: (x, w, h, c) => lstm(x, w, { h, c }).h,
  },
  'lstm, wide': {
    shapes: [
      [2, 3, 520],
      [130, 520],
    ],
    fn: (x, w) => lstm(x, w.mul(0.1)).h,
  },
  selfAttention: { shapes: [[2, 5, 3, 2, 8]], fn: (qkv) => selfAttention(qkv, { causal: true }) },
  attention: { shapes: [[2, 5, 8], [2, 5, 8], [2, 5, 8]], fn: (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }) }, // biome-ignore format: one row a case
};

/** Rounding to 8 and 11 bits; sums and products of rounded intermediates are compared to the size of the largest. */
const RTOL: Record<Half, number> = { bfloat16: 1.6e-2, float16: 2e-3 };

function compare(what: string, received: Tensor, expected: Tensor, half: Half): void {
  const largest = Math.max(...Array.from(expected.dataSync() as Float32Array, Math.abs));
  expectClose(received.cast('float32'), expected, { what, rtol: RTOL[half], atol: RTOL[half] * Math.max(largest, 1e-3) });
}

describe.each(['bfloat16', 'float16'] as const)('%s', (half) => {
  it.each(Object.entries(CASES))(
    '%s is what float32 gives, gradients too',
    (_name, { shapes, fn, prepare, wide = shapes.length }) => {
      scope(() => {
        const random = new Generator(3);
        const normal = shapes.map((shape) => random.normal(shape));
        const rounded = normal.map((x) => (prepare ? prepare(x) : x).cast(half) as Tensor);
        const halves = rounded.map((x, i) => (i < wide ? x : x.cast('float32')));
        const singles = rounded.map((x) => x.cast('float32') as Tensor);
        const expected = fn(...singles);
        compare('the value', fn(...halves), expected, half);
        const weights = random.normal(expected.shape);
        const loss = (inputs: Tensor[]) => fn(...inputs).cast('float32').mul(weights).sum(); // biome-ignore format: one chain
        singles.forEach((_, i) => {
          const of = (inputs: Tensor[]) => grad((v: Tensor) => loss(inputs.map((u, j) => (j === i ? v : u))))(inputs[i]);
          const [mine, theirs] = [of(halves), of(singles)];
          expect(mine.dtype).toBe(halves[i].dtype);
          compare(`gradient ${i}`, mine, theirs, half);
        });
      });
    },
  );
});
