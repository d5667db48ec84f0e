import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { disposedTensor, expectClose, memoryWithoutGarbage, type OpTestOptions, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { applyAll } from '../core/op.js';
import {
  Generator,
  memory,
  ones,
  resetPeakMemory,
  scaledDotProductAttention,
  scope,
  selfAttention,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { attentionOp } from './attention.js';

const golden = new URL('../../golden/attention.json', import.meta.url);
type Attributes = { causal?: boolean; scale?: number };

// Tensor cores take weights in 16 bits, and gradients are sums of products of such.
const rounded: OpTestOptions = { tolerance: { bfloat16: { atol: 1e-2 }, float16: { atol: 1e-3 } } };

testOp(
  golden,
  'scaledDotProductAttention',
  ([q, k, v, mask]: readonly Tensor[], { causal, scale }: Attributes) =>
    scaledDotProductAttention(q, k, v, { causal, scale, mask }),
  rounded,
);

testOp(
  golden,
  'selfAttention',
  ([qkv, mask]: readonly Tensor[], { causal, scale }: Attributes) => selfAttention(qkv, { causal, scale, mask }),
  rounded,
);

// The log-sum-exp has a gradient too.
testOp(
  golden,
  'attention',
  (inputs: readonly Tensor[]) =>
    applyAll(attentionOp, inputs, { scale: 1 / Math.sqrt(inputs[0].shape.at(-1) as number), causal: false }),
  rounded,
);

const random = (shape: number[], seed: number) => new Generator(seed).normal(shape);
const q = random([2, 4, 3], 1);
const k = random([2, 4, 3], 2);
const v = random([2, 4, 3], 3);

describe('masks', () => {
  it('hides the future from a query, whatever it holds', () => {
    const loud = v.slice([0, 0, 0], [2, 3, 3]).concat([tensor([1e30]).broadcastTo([2, 1, 3])], 1);
    const y = scaledDotProductAttention(q, k, loud, { causal: true }).slice([0, 0, 0], [2, 3, 3]);
    const expected = scaledDotProductAttention(q, k, v, { causal: true }).slice([0, 0, 0], [2, 3, 3]);
    expectClose(y, expected);
  });

  it('passes NaN on: a mask that diverged hides nothing', () => {
    const mask = tensor([[0, 0, 0, 0], [0, NaN, 0, 0], [0, -Infinity, 0, 0], [0, 0, 0, 0]]); // biome-ignore format: a table
    for (const dropout of [0, 1e-9]) {
      const y = scaledDotProductAttention(q, k, v, { mask, dropout });
      expect(y.isNaN().any([0, 2]).toArray()).toEqual([false, true, false, false]);
    }
  });

  it('gives zeros and no gradient where nothing is seen, never NaN', () => {
    for (const mask of [zeros([4, 4], 'bool'), tensor([-Infinity]).broadcastTo([4, 4])]) {
      const { value, grads } = valueAndGrad(() => scaledDotProductAttention(q, k, v, { mask, causal: true }).sum(), [q, k, v]);
      expect(value.itemSync()).toBe(0);
      for (const gradient of grads.values()) expectClose(gradient, zeros([2, 4, 3]));
    }
  });

  it('are taken together', () => {
    const lower = tensor(Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, j) => j <= i)));
    const one = scaledDotProductAttention(q, k, v, { mask: lower });
    expectClose(scaledDotProductAttention(q, k, v, { causal: true }), one);
    expectClose(scaledDotProductAttention(q, k, v, { causal: true, mask: lower }), one);
  });

  it('are kept for the next call', () => {
    const attend = (length: number) =>
      scope(() => {
        const x = ones([length, 2]);
        scaledDotProductAttention(x, x, x, { causal: true });
      });
    attend(7);
    const before = memoryWithoutGarbage().tensors;
    for (let i = 0; i < 5; i++) attend(7);
    expect(memory().tensors).toBe(before);
  });
});

it('keeps no weights for the gradient', () => {
  scope(() => {
    const [heads, length] = [4, 512];
    const [q, k, v] = [1, 2, 3].map((seed) => random([heads, length, 8], seed));
    const { liveBytes } = memoryWithoutGarbage();
    resetPeakMemory();
    valueAndGrad(() => scaledDotProductAttention(q, k, v, { causal: true }).sum(), [q, k, v]);
    expect(memory().peakBytes - liveBytes).toBeLessThan((heads * length * length * 4) / 4);
  });
});

it('drops weights and scales the others', () => {
  const rate = 0.5;
  const y = scaledDotProductAttention(zeros([64, 1]), zeros([64, 1]), ones([64, 1]), {
    dropout: rate,
    generator: new Generator(0),
  });
  expect(y.mean().itemSync()).toBeCloseTo(1, 1);
  expect(y.variance().itemSync()).toBeGreaterThan(0);
});

describe('selfAttention', () => {
  const parts = [1, 2, 3].map((seed) => random([2, 4, 3, 5], seed)); // [N, T, heads, D]
  const qkv = stack(parts, 2);
  const toFront = (x: Tensor) => x.transpose([0, 2, 1, 3]);

  it('is attention of each head', () => {
    for (const options of [{}, { causal: true }, { scale: 2, mask: random([3, 4, 4], 4).greater(-1) }]) {
      const [q, k, v] = parts.map(toFront);
      expectClose(selfAttention(qkv, options), toFront(scaledDotProductAttention(q, k, v, options)));
    }
  });

  it('drops the same weights', () => {
    const [q, k, v] = parts.map(toFront);
    const options = () => ({ dropout: 0.5, generator: new Generator(0) });
    expectClose(selfAttention(qkv, options()), toFront(scaledDotProductAttention(q, k, v, options())));
  });

  it('moves nothing', () => {
    const attend = (x: Tensor) => selfAttention(x.reshape([2, 4, 3, 3, 5]), { causal: true });
    const step = compile((x: Tensor) =>
      [...valueAndGrad(() => attend(x).square().sum(), [x]).grads.values()].map((gradient) => gradient.square()),
    );
    const ops = step.profile(qkv.reshape([8, 45])).ops.map(({ op }) => op);
    expect(ops).toContain('attentionGrad');
    for (const op of ['transpose', 'slice', 'concat', 'copy']) expect(ops).not.toContain(op);
  });
});

it('is the same bits compiled', () => {
  const others = tensor(Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, j) => j !== i)));
  const attend = (q: Tensor, k: Tensor, v: Tensor, mask: Tensor<'bool'>): Tensor[] => {
    const { value, grads } = valueAndGrad(() => {
      const y = scaledDotProductAttention(q, k, v, { causal: true });
      return scaledDotProductAttention(y, k, v, { mask }).square().sum();
    }, [q, k, v]);
    return [value, ...grads.values()];
  };
  const expected = attend(q, k, v, others).map((result) => result.dataSync());
  const step = compile(attend);
  for (let i = 0; i < 2; i++) {
    expect(step.runSync(q, k, v, others).map((result) => result.dataSync())).toEqual(expected);
  }
});

const op = 'scaledDotProductAttention';
const attend = scaledDotProductAttention;
const attendWith = (...inputs: Tensor[]) => applyAll(attentionOp, inputs, { scale: 1, causal: false });

testErrors({
  'a vector': [() => attend(ones([3]), k, v), 'shape', op, '[batch…, T, D]', '[3]'],
  'keys of another length': [() => attend(q, ones([2, 4, 5]), v), 'shape', op, '[2, 4, 3]', '[2, 4, 5]'],
  'fewer values than keys': [() => attend(q, k, ones([2, 3, 3])), 'shape', op, '[2, 4, 3]', '[2, 3, 3]'],
  'no keys': [() => attend(q, ones([2, 0, 3]), ones([2, 0, 3])), 'range', op, 'keys', '0'],
  'batches that do not broadcast': [() => attend(q, ones([3, 4, 3]), ones([3, 4, 3])), 'shape', '[2, 4, 3]', '[3, 4, 3]'],
  'masks of another length': [
    () => attendWith(q, k, v, ones([2, 4, 3], 'bool')),
    'shape',
    'attention:',
    '[2, 4, 4]',
    '[2, 4, 3]',
  ],
  'operands of two batches': [() => attendWith(q, ones([1, 4, 3]), v), 'shape', 'attention:', '[2, 4, 3]', '[1, 4, 3]'],
  'two dtypes': [() => attend<'float32' | 'float64'>(q, ones([2, 4, 3], 'float64'), v), 'dtype', op, 'float64'],
  integers: [() => attend(ones([2, 2], 'int32'), ones([2, 2], 'int32'), ones([2, 2], 'int32')), 'dtype', op, 'int32'],
  'a mask that does not fit': [() => attend(q, k, v, { mask: ones([4, 5], 'bool') }), 'shape', op, '[2, 4, 4]', 'bool [4, 5]'],
  'a mask that adds a batch': [() => attend(q, k, v, { mask: ones([3, 2, 4, 4], 'bool') }), 'shape', op, '[3, 2, 4, 4]'],
  'a mask of integers': [() => attend<'float32' | 'int32'>(q, k, v, { mask: ones([4, 4], 'int32') }), 'dtype', op, 'int32'],
  'a scale of NaN': [() => attend(q, k, v, { scale: NaN }), 'range', op, 'scale', 'NaN'],
  'a dropout of 1': [() => attend(q, k, v, { dropout: 1 }), 'range', 'dropout'],
  'queries and keys only': [() => selfAttention(ones([4, 2, 3, 5])), 'shape', 'selfAttention:', '3, heads, D]', '[4, 2, 3, 5]'],
  'packed operands without heads': [() => selfAttention(ones([4, 3, 5])), 'shape', 'selfAttention:', '[4, 3, 5]'],
  'packed operands that are none': [
    // @ts-expect-error: what JavaScript users may pass
    () => selfAttention(undefined),
    'dtype',
    'selfAttention:',
    'received undefined',
  ],
  'packed operands of integers': [() => selfAttention(ones([4, 3, 2, 5], 'int32')), 'dtype', 'selfAttention', 'int32'],
  'no steps': [() => selfAttention(ones([0, 3, 2, 5])), 'range', 'selfAttention', 'steps', '0'],
  'a mask without room for heads': [
    () => selfAttention(ones([2, 4, 3, 5, 6]), { mask: ones([2, 4, 4], 'bool') }),
    'shape',
    'selfAttention:',
    '[2, 5, 4, 4]',
    '[2, 4, 4]',
  ],
  'a packed scale of NaN': [() => selfAttention(ones([4, 3, 2, 5]), { scale: NaN }), 'range', 'selfAttention', 'scale', 'NaN'],
  'a packed dropout of 1': [() => selfAttention(ones([4, 3, 2, 5]), { dropout: 1 }), 'range', 'dropout'],
  'a disposed tensor': [() => attend(disposedTensor([2, 3]), ones([2, 3]), ones([2, 3])), 'disposed', '[2, 3]'],
});
