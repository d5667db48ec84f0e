import { compile } from '@hebb/compiler';
import { Generator, setSeed, type Tensor, tensor, zeros } from '@hebb/tensor';
import { callWithWeights, expectHebbError, type OpTestOptions, testOp } from '@hebb/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { GRU, LSTM, MultiHeadAttention, type RecurrentOptions, Sequential, SimpleRNN } from './index.js';

beforeEach(() => setSeed(0));

const golden = (name: string) => new URL(`../golden/${name}.json`, import.meta.url);

const KINDS = { SimpleRNN, LSTM, GRU };
type Attributes = RecurrentOptions & { units: number };

// Layers compute in 16 bits by a policy (policy.test.ts).
const inFull: OpTestOptions = { dtypes: ['float32', 'float64'] };

for (const [name, Kind] of Object.entries(KINDS)) {
  testOp(
    golden('recurrent'),
    name,
    (inputs, { units, ...options }: Attributes) => callWithWeights(new Kind(units, options), inputs),
    inFull,
  );
}
testOp(
  golden('multiHeadAttention'),
  'MultiHeadAttention',
  (inputs, { heads, ...options }: { heads: number; causal: boolean; useBias: boolean }) =>
    callWithWeights(new MultiHeadAttention(heads, options), inputs),
  inFull,
);

const x = new Generator(1).normal([2, 5, 3]);

for (const [name, Kind] of Object.entries(KINDS)) {
  describe(name, () => {
    it('has the shapes and variables of its options', () => {
      expect(new Kind(4).call(x).shape).toEqual([2, 4]);
      const layer = new Kind(4, { layers: 2, returnSequences: true });
      expect(layer.call(x).shape).toEqual([2, 5, 4]);
      const names = ['kernel', 'recurrentKernel', 'bias', ...(name === 'GRU' ? ['recurrentBias'] : [])];
      expect(layer.variables.map((v) => v.name)).toEqual([...names, ...names.map((one) => `${one}_1`)]);
    });

    it('takes other numbers of steps and examples, but not none', () => {
      const layer = new Kind(4);
      layer.call(x);
      expect(layer.call(zeros([3, 1, 3])).shape).toEqual([3, 4]);
      expect(layer.call(zeros([0, 2, 3])).shape).toEqual([0, 4]);
      expectHebbError(() => layer.call(zeros([2, 0, 3])), 'shape', name, 'step', '[2, 0, 3]');
    });

    it('gives with the last step what it gives last of all steps', () => {
      const all = new Kind(4, { returnSequences: true });
      const last = new Kind(4);
      all.call(x);
      last.call(x);
      last.variables.forEach((variable, i) => void variable.assign(all.variables[i].value));
      const expected = all.call(x).slice([0, 4, 0], [2, 1, 4]).reshape([2, 4]);
      expect(last.call(x).dataSync()).toEqual(expected.dataSync());
    });

    it('is the same bits compiled', () => {
      const layer = new Kind(4, { layers: 2, returnSequences: true });
      const expected = layer.call(x).dataSync();
      const step = compile((input: Tensor) => layer.call(input));
      for (let i = 0; i < 2; i++) expect(step.runSync(x).dataSync()).toEqual(expected);
    });

    it('refuses what does not fit', () => {
      expectHebbError(() => new Kind(0), 'range', name, 'units', '0');
      expectHebbError(() => new Kind(1, { layers: 1.5 }), 'range', name, 'layers', '1.5');
      expectHebbError(() => new Kind(1).call(zeros([2, 3])), 'shape', name, '[N, T, D]', '2,3');
      const layer = new Kind(1);
      layer.call(x);
      expectHebbError(() => layer.call(zeros([2, 5, 4])), 'shape', name, '3 features', '[2, 5, 4]');
      expectHebbError(() => layer.call(zeros([2, 5])), 'shape', name, 'rank 3', '[2, 5]');
    });
  });
}

it('SimpleRNN takes other activations', () => {
  const layer = new SimpleRNN(1, { activation: 'relu', kernelInitializer: 'ones', recurrentInitializer: 'ones' });
  expect(layer.call(tensor([[[1], [2], [-9]]])).toArray()).toEqual([[0]]);
  expect(layer.call(tensor([[[1], [2], [-2]]])).toArray()).toEqual([[1]]);
});

describe('MultiHeadAttention', () => {
  const inputs = new Generator(2).normal([2, 5, 6]);

  it('has the shapes and variables of its options', () => {
    const layer = new MultiHeadAttention(2, { features: 8 });
    expect(layer.call(inputs).shape).toEqual([2, 5, 8]);
    expect(layer.variables.map(({ name, shape }) => [name, shape])).toEqual([
      ['qkv/kernel', [6, 24]],
      ['qkv/bias', [24]],
      ['output/kernel', [8, 8]],
      ['output/bias', [8]],
    ]);
    expect(new MultiHeadAttention(3, { useBias: false }).call(inputs).shape).toEqual([2, 5, 6]);
  });

  it('drops weights while training only', () => {
    const layer = new Sequential([new MultiHeadAttention(2, { dropout: 0.5 })]);
    expect(layer.call(inputs).dataSync()).not.toEqual(layer.call(inputs).dataSync());
    layer.eval();
    expect(layer.call(inputs).dataSync()).toEqual(layer.call(inputs).dataSync());
  });

  it('is the same bits compiled', () => {
    for (const causal of [false, true]) {
      const layer = new MultiHeadAttention(2, { causal });
      const expected = layer.call(inputs).dataSync();
      const step = compile((input: Tensor) => layer.call(input));
      for (let i = 0; i < 2; i++) expect(step.runSync(inputs).dataSync()).toEqual(expected);
    }
  });

  it('refuses what does not fit', () => {
    const name = 'MultiHeadAttention';
    expectHebbError(() => new MultiHeadAttention(0), 'range', name, 'heads', '0');
    expectHebbError(() => new MultiHeadAttention(1, { features: -1 }), 'range', name, 'features', '-1');
    for (const dropout of [-0.5, 1, NaN]) expectHebbError(() => new MultiHeadAttention(1, { dropout }), 'range', name, 'dropout');
    expectHebbError(() => new MultiHeadAttention(4).call(inputs), 'shape', name, '6 features', '4 heads');
    expectHebbError(() => new MultiHeadAttention(2).call(zeros([5, 6])), 'shape', name, '[N, T, D]', '5,6');
    const layer = new MultiHeadAttention(2);
    layer.call(inputs);
    expectHebbError(() => layer.call(zeros([2, 5, 4])), 'shape', 'Dense', '[2, 5, 4]');
    expectHebbError(() => layer.call(zeros([5, 6])), 'shape', name, 'rank 3', '[5, 6]');
  });
});
