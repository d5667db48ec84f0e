import { gradCheck, valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { setSeed, type Tensor, tensor, zeros } from '@hebb/tensor';
import { expectHebbError, substituting } from '@hebb/testing';
import { beforeEach, expect, it } from 'vitest';
import { Embedding, LSTM, l2, Sequential, summary } from './index.js';

beforeEach(() => setSeed(0));

const rows = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a table
const indices = (values: number[][], dtype: 'int32' | 'int64' | 'uint8' = 'int32') => tensor(values, { dtype });

it('gives the row of each index', () => {
  const layer = new Embedding(3, 2, { initializer: () => rows });
  for (const dtype of ['int32', 'int64', 'uint8'] as const) {
    expect(layer.call(indices([[2, 0]], dtype)).toArray()).toEqual([[[5, 6], [1, 2]]]); // biome-ignore format: a table
  }
  expect(layer.call(tensor(1, { dtype: 'int32' })).toArray()).toEqual([3, 4]);
  expect(layer.call(zeros([0, 4], 'int32')).shape).toEqual([0, 4, 2]);
});

// torch.nn.functional.embedding(tensor([[2, 0], [2, 2]]), rows).square().sum().backward(): 2·row·(times it was taken)
it('adds up the gradients of an index that comes more than once', () => {
  const layer = new Embedding(3, 2, { initializer: () => rows });
  const { grads } = valueAndGrad(() => layer.call(indices([[2, 0], [2, 2]])).square().sum()); // biome-ignore format: a table
  expect([...grads.values()][0].toArray()).toEqual([[2, 4], [0, 0], [30, 36]]); // biome-ignore format: a table
});

it('agrees with finite differences in float64', () => {
  const layer = new Embedding(3, 2, { dtype: 'float64' });
  const x = indices([[2, 0, 2]]);
  expect(layer.call(x).dtype).toBe('float64');
  const weights = layer.variables[0].value as Tensor<'float64'>;
  gradCheck((w) => substituting(layer.variables, [w], () => layer.call(x).tanh()), [weights]);
});

it('starts with normal rows of standard deviation 1', () => {
  const layer = new Embedding(1000, 20, { regularizer: l2(1) });
  layer.call(indices([[0]]));
  const [{ value }] = layer.variables;
  expect(value.mean().itemSync()).toBeCloseTo(0, 1);
  expect(value.variance().itemSync()).toBeCloseTo(1, 1);
  expect(layer.regularization()?.itemSync()).toBeGreaterThan(0);
});

it('is the same bits compiled', () => {
  const layer = new Embedding(5, 3);
  const x = indices([[4, 1], [0, 1]]); // biome-ignore format: a table
  const expected = layer.call(x).dataSync();
  expect(
    compile((input: Tensor) => layer.call(input))
      .runSync(x)
      .dataSync(),
  ).toEqual(expected);
});

it('is summarised with an input of integers', () => {
  const model = new Sequential([new Embedding(10, 4), new LSTM(3)]);
  expect(summary(model, [7], 'int32').rows.map(({ outputShape }) => outputShape)).toEqual(['[N, 7, 4]', '[N, 3]']);
});

it('refuses what does not fit', () => {
  expectHebbError(() => new Embedding(0, 1), 'range', 'Embedding', 'count', '0');
  expectHebbError(() => new Embedding(1, 2.5), 'range', 'Embedding', 'features', '2.5');
  const layer = new Embedding(3, 2);
  expectHebbError(() => layer.call(zeros([2])), 'dtype', 'Embedding', 'indices', 'float32 [2]');
  for (const index of [3, -1]) expectHebbError(() => layer.call(indices([[0, index]])), 'range', `${index}`, '3');
});
