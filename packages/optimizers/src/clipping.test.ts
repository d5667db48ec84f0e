import { type Tensor, tensor, Variable } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { clipByGlobalNorm, clipByValue } from './index.js';

function gradients(...values: number[][]): Map<Variable, Tensor> {
  return new Map(values.map((value) => [new Variable(tensor(value)), tensor(value)]));
}

const numbers = (map: ReadonlyMap<Variable, Tensor>) =>
  [...map.values()].flatMap((value) => Array.from(value.dataSync(), Number));

describe('clipByGlobalNorm', () => {
  it('scales like PyTorch', () => {
    const { gradients: clipped, norm } = clipByGlobalNorm(gradients([3, 4], [12]), 2);
    expect(norm.itemSync()).toBe(13);
    const expected = [0.4615384340286255, 0.615384578704834, 1.846153736114502];
    for (const [i, value] of numbers(clipped).entries()) expect(value).toBeCloseTo(expected[i], 6);
  });

  it('leaves small gradients alone', () => {
    expect(numbers(clipByGlobalNorm(gradients([3, 4], [0]), 10).gradients)).toEqual([3, 4, 0]);
    expect(numbers(clipByGlobalNorm(gradients([0, 0]), 1).gradients)).toEqual([0, 0]);
  });

  it('reports a norm that is not finite, if asked', () => {
    expect(() => clipByGlobalNorm(gradients([Number.NaN]), 1, { errorIfNonFinite: true })).toThrow(/NaN/);
    expect(() => clipByGlobalNorm(gradients([Number.POSITIVE_INFINITY]), 1, { errorIfNonFinite: true })).toThrow(/Infinity/);
    expect(() => clipByGlobalNorm(gradients([Number.NaN]), 1)).not.toThrow();
  });

  it('checks its arguments', () => {
    expect(() => clipByGlobalNorm(gradients([1]), 0)).toThrow(/maxNorm/);
    expect(() => clipByGlobalNorm(gradients([1]), Number.NaN)).toThrow(/maxNorm/);
    expect(() => clipByGlobalNorm(new Map(), 1)).toThrow(/no gradients/);
  });
});

describe('clipByValue', () => {
  it('limits every element', () => {
    expect(numbers(clipByValue(gradients([3, -4], [0.5]), 1))).toEqual([1, -1, 0.5]);
    expect(() => clipByValue(gradients([1]), -1)).toThrow(/limit/);
  });
});
