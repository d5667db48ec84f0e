import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { crossEntropy, meanSquaredError } from '@hebb/losses';
import { Adam, GradScaler } from '@hebb/optimizers';
import { Generator, ones, scope, setSeed, type Tensor, tensor, zeros } from '@hebb/tensor';
import { expectHebbError } from '@hebb/testing';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BatchNorm,
  build,
  Conv2D,
  Dense,
  Embedding,
  Flatten,
  GlobalAvgPool2D,
  GRU,
  GroupNorm,
  getPolicy,
  type Layer,
  LayerNorm,
  LSTM,
  MultiHeadAttention,
  type Policy,
  Sequential,
  setPolicy,
} from './index.js';

afterEach(() => setPolicy(undefined));

const MIXED = { mixed_bfloat16: 'bfloat16', mixed_float16: 'float16' } as const;
type Mixed = keyof typeof MIXED;

const networks: Record<string, [() => Layer, () => Tensor]> = {
  images: [
    () =>
      new Sequential([
        new Conv2D(8, 3, { padding: 'same', activation: 'relu' }),
        new BatchNorm(),
        new Conv2D(8, 1, { useBias: false }),
        new GroupNorm(2),
        new GlobalAvgPool2D(),
        new Flatten(),
        new Dense(5),
      ]),
    () => new Generator(1).normal([4, 8, 8, 3]),
  ],
  sequences: [
    () =>
      new Sequential([
        new Embedding(7, 12),
        new LayerNorm(),
        new MultiHeadAttention(2, { causal: true }),
        new GRU(10, { returnSequences: true }),
        new LSTM(10),
        new Dense(5),
      ]),
    () => new Generator(1).uniform([4, 6], { high: 7 }).floor().cast('int32'),
  ],
};

describe.each(Object.keys(MIXED) as Mixed[])('%s', (policy) => {
  it.each(Object.entries(networks))('computes %s in 16 bits, with variables and gradients in float32', (_name, [make, input]) => {
    const predict = (name: Policy | undefined) => {
      setPolicy(name);
      setSeed(2);
      const model = make();
      const [x, y] = [input(), tensor(Int32Array.of(0, 4, 2, 1))];
      const { value, grads } = valueAndGrad(() => {
        const logits = model.call(x);
        return [crossEntropy(logits, y), logits] as const;
      });
      for (const variable of model.variables) expect(variable.dtype).toBe('float32');
      for (const gradient of grads.values()) expect(gradient.dtype).toBe('float32');
      expect(value[0].dtype).toBe('float32');
      return { logits: value[1], gradients: [...grads.values()].map((g) => g.dataSync() as Float32Array) };
    };
    const [mixed, single] = [predict(policy), predict(undefined)];
    expect(mixed.logits.dtype).toBe(MIXED[policy]);
    const rounding = policy === 'mixed_bfloat16' ? 2 ** -8 : 2 ** -11;
    const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.hypot(...Array.from(a, (v, i) => v - b[i]));
    const norm = (a: ArrayLike<number>) => Math.hypot(...Array.from(a));
    const logits = [mixed.logits, single.logits].map((t) => t.dataSync() as Float32Array);
    expect(distance(logits[0], logits[1])).toBeLessThan(16 * rounding * norm(logits[1]));
    const [mine, theirs] = [mixed, single].map(({ gradients }) => gradients.flatMap((g) => Array.from(g)));
    expect(distance(mine, theirs)).toBeLessThan(16 * rounding * norm(theirs));
  });

  it('attends in 16 bits', () => {
    setPolicy(policy);
    const attention = new MultiHeadAttention(2, { causal: true });
    const x = new Generator(1).normal([2, 5, 8]);
    const step = compile((input: Tensor) => [
      ...valueAndGrad(() => attention.call(input).cast('float32').square().sum()).grads.values(),
    ]);
    step.runSync(x);
    const { ops } = step.profile(x);
    for (const name of ['attention', 'attentionGrad'])
      expect(ops.find(({ op }) => op === name)?.form).toMatch(new RegExp(`^${MIXED[policy]} `));
  });

  it('keeps the running statistics of batch norm in float32, and predicts with them', () => {
    setPolicy(policy);
    const norm = new BatchNorm({ momentum: 0 });
    const x = new Generator(1).normal([64, 4], { mean: 3 });
    norm.call(x);
    const [, , mean] = norm.variables;
    expect(mean.dtype).toBe('float32');
    const [expected, actual] = [x.cast(MIXED[policy]).cast('float32').mean(0).dataSync(), mean.value.dataSync()];
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i], 4);
    const y = norm.eval().call(x);
    expect(y.dtype).toBe(MIXED[policy]);
    expect(Math.abs(Number(y.cast('float32').mean().itemSync()))).toBeLessThan(0.02);
  });

  it('learns a small text as float32 does, with the same bits eagerly and compiled', () => {
    const run = (name: Policy | undefined, compiled: boolean): number[] => {
      setPolicy(name);
      setSeed(5);
      const text = Array.from('hebbian networks wire together. '.repeat(2), (c) => c.charCodeAt(0) % 16);
      const [x, y] = [0, 1].map((shift) => tensor([0, 5, 11].map((at) => text.slice(at + shift, at + shift + 16)), { dtype: 'int32' })); // biome-ignore format: one line an array
      const lstm = new LSTM(24, { returnSequences: true });
      const model = new Sequential([new Embedding(16, 12), lstm, new Dense(16)]);
      build(model, [3, 16], 'int32');
      const [optimizer, scaler] = [new Adam({ learningRate: 0.02 }), new GradScaler()];
      const step = () => {
        const { value, grads } = valueAndGrad(() => {
          const loss = crossEntropy(model.call(x), y);
          return [scaler.scale(loss), loss] as const;
        });
        scaler.apply(optimizer, scaler.unscale(grads));
        return value[1];
      };
      const once = compiled ? compile(step).runSync : step;
      return Array.from({ length: 40 }, () => Number(scope(() => once().itemSync())));
    };
    const [mixed, single] = [run(policy, false), run(undefined, false)];
    expect(single[39]).toBeLessThan(single[0] / 3);
    expect(Math.abs(mixed[39] - single[39])).toBeLessThan(0.05 * single[0]);
    expect(run(policy, true)).toEqual(mixed);
  });
});

describe('policies', () => {
  it('go to layers made afterwards, and a layer may have its own', () => {
    expect(getPolicy()).toBeUndefined();
    const before = new Dense(2);
    setPolicy('mixed_bfloat16');
    const [after, own] = [new Dense(2), new Dense(2, { dtype: 'float32' })];
    setPolicy(undefined);
    const x = ones([1, 3]);
    expect([before, after, own].map((layer) => layer.call(x).dtype)).toEqual(['float32', 'bfloat16', 'float32']);
    expect([before, after, own].map((layer) => layer.policy)).toEqual([undefined, 'mixed_bfloat16', 'float32']);
    expect(own.call(after.call(x).concat([ones([1, 1], 'bfloat16')], 1)).dtype).toBe('float32');
  });

  it('float64 makes variables of float64 and casts inputs', () => {
    const layer = new Dense(2, { dtype: 'float64' });
    expect(layer.call(ones([1, 3])).dtype).toBe('float64');
    expect(layer.variables[0].dtype).toBe('float64');
  });

  it('losses of 16-bit predictions are float32, whatever the targets', () => {
    for (const targets of [zeros([2, 3]), zeros([2, 3], 'bfloat16')])
      expect(meanSquaredError(ones([2, 3], 'bfloat16'), targets).dtype).toBe('float32');
  });

  it('with unknown names are refused', () => {
    for (const name of ['bfloat16', 'toString', 3, null]) {
      expectHebbError(() => setPolicy(name as Policy), 'argument', 'setPolicy', 'mixed_bfloat16', JSON.stringify(name));
      expectHebbError(() => new Dense(2, { dtype: name as Policy }), 'argument', 'Dense', 'mixed_float16', JSON.stringify(name));
    }
  });
});
