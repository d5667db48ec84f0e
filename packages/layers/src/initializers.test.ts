import { Generator, HebbError, setSeed, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import {
  constantInitializer,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  normalInitializer,
  orthogonal,
  truncatedNormalInitializer,
  uniformInitializer,
} from './index.js';
import { fansOf } from './initializers.js';

const shape = [200, 300];
const make = (initializer: Initializer): Tensor => initializer(shape, { dtype: 'float32', fans: fansOf(shape) });
const spread = (values: Tensor): number => Math.sqrt(Number(values.variance().itemSync()));
const largest = (values: Tensor): number => Number(values.abs().max().itemSync());

describe('initializers', () => {
  it.each([
    ['glorotNormal', glorotNormal(), Math.sqrt(2 / 500)],
    ['heNormal', heNormal(), Math.sqrt(2 / 200)],
    ['lecunNormal', lecunNormal(), Math.sqrt(1 / 200)],
    ['normal', normalInitializer({ std: 0.3 }), 0.3],
  ] as const)('%s has its standard deviation', (_name, initializer, std) => {
    setSeed(1);
    expect(spread(make(initializer)) / std).toBeCloseTo(1, 1);
  });

  it.each([
    ['glorotUniform', glorotUniform(), Math.sqrt(6 / 500)],
    ['heUniform', heUniform(), Math.sqrt(6 / 200)],
    ['lecunUniform', lecunUniform(), Math.sqrt(3 / 200)],
    ['uniform', uniformInitializer({ low: -2, high: 2 }), 2],
  ] as const)('%s fills its limits evenly', (_name, initializer, limit) => {
    setSeed(1);
    const values = make(initializer);
    expect(largest(values)).toBeLessThanOrEqual(limit);
    expect(largest(values) / limit).toBeGreaterThan(0.99);
    expect(spread(values) / (limit / Math.sqrt(3))).toBeCloseTo(1, 1);
  });

  it('truncatedNormal stays within two standard deviations', () => {
    expect(largest(make(truncatedNormalInitializer({ std: 0.5 })))).toBeLessThanOrEqual(1);
  });

  it('constant is one value', () => {
    expect(constantInitializer(3)([2], { dtype: 'float64', fans: fansOf([2]) }).toArray()).toEqual([3, 3]);
    expect(() => constantInitializer(NaN)).toThrow(HebbError);
  });

  it.each([[[5, 3]], [[3, 5]], [[4, 4]], [[2, 2, 3]]])('orthogonal has orthonormal rows or columns for %j', (dims) => {
    const values = orthogonal({ gain: 2 })(dims, { dtype: 'float64', fans: fansOf(dims) });
    const matrix = values.reshape([-1, dims[dims.length - 1]]);
    const [rows, columns] = matrix.shape;
    const product = rows >= columns ? matrix.matmul(matrix, { transposeA: true }) : matrix.matmul(matrix, { transposeB: true });
    const identity = product.div(4).toArray() as number[][];
    identity.forEach((row, i) => {
      row.forEach((value, k) => void expect(value).toBeCloseTo(i === k ? 1 : 0, 10));
    });
  });

  it('orthogonal refuses a vector', () => {
    expect(() => orthogonal()([3], { dtype: 'float32', fans: fansOf([3]) })).toThrow(/rank 2/);
  });

  it('draw from the generator given, the same for the same seed', () => {
    const draw = () => make(glorotUniform({ generator: new Generator(5) })).dataSync();
    expect(draw()).toEqual(draw());
  });

  it('count the connections of convolutions', () => {
    expect(fansOf([16, 5, 5, 6])).toEqual({ fanIn: 150, fanOut: 400 });
    expect(fansOf([10])).toEqual({ fanIn: 10, fanOut: 10 });
  });
});
