import { describe, expect, it } from 'vitest';
import { type Matrix, MinMaxScaler, oneHotMatrix, StandardScaler } from '../index.js';

const matrix = (): Matrix<Float64Array> => ({ data: Float64Array.of(1, 100, 5, 2, 200, 5, 3, 300, 5), shape: [3, 3] });

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe('scalers', () => {
  it('StandardScaler, as scikit-learn, with a constant column', () => {
    const scaler = new StandardScaler().fit(matrix());
    const z = Math.sqrt(1.5);
    expectClose(scaler.transform(matrix()).data, [-z, -z, 0, 0, 0, 0, z, z, 0]);
    expectClose(scaler.inverse(scaler.transform(matrix())).data, [...matrix().data]);
  });

  it('MinMaxScaler, with a constant column', () => {
    const scaler = new MinMaxScaler().fit(matrix());
    expectClose(scaler.transform(matrix()).data, [0, 0, 0, 0.5, 0.5, 0, 1, 1, 0]);
    expectClose(scaler.transform({ data: Float32Array.of(5, 0, 6), shape: [1, 3] }).data, [2, -0.5, 1]);
    expectClose(scaler.inverse(scaler.transform(matrix())).data, [...matrix().data]);
  });

  it('keep float64, and make float32 of the rest', () => {
    const scaler = new StandardScaler().fit(matrix());
    expect(scaler.transform(matrix()).data).toBeInstanceOf(Float64Array);
    expect(scaler.transform({ data: Int32Array.of(1, 2, 3), shape: [1, 3] }).data).toBeInstanceOf(Float32Array);
  });

  it('do not cancel far from 0', () => {
    const scaler = new StandardScaler().fit({ data: Float64Array.of(1e9, 1e9 + 1, 1e9 + 2), shape: [3, 1] });
    expect(scaler.toJSON().scale[0]).toBeCloseTo(Math.sqrt(2 / 3), 9);
  });

  it('survive JSON', () => {
    for (const kind of [StandardScaler, MinMaxScaler]) {
      const scaler = new kind().fit(matrix());
      const restored = kind.fromJSON(JSON.parse(JSON.stringify(scaler)));
      expect(restored.transform(matrix())).toEqual(scaler.transform(matrix()));
    }
    const state = new StandardScaler().fit(matrix()).toJSON();
    expect(() => MinMaxScaler.fromJSON(state)).toThrow(/kind "MinMaxScaler"/);
    for (const bad of [null, 3, {}, { ...state, scale: [1] }, { ...state, scale: [1, 0, 1] }, { ...state, shift: ['1', 2, 3] }]) {
      expect(() => StandardScaler.fromJSON(bad)).toThrow(expect.objectContaining({ code: 'data' }));
    }
  });

  it('refuse bad data', () => {
    expect(() => new StandardScaler().transform(matrix())).toThrow(/call fit/);
    expect(() => new StandardScaler().toJSON()).toThrow(/call fit/);
    expect(() => new StandardScaler().fit({ data: Float32Array.of(1, Number.NaN), shape: [1, 2] })).toThrow(
      /row 0, column 1.*NaN/,
    );
    expect(() => new StandardScaler().fit({ data: new Float32Array(0), shape: [0, 2] })).toThrow(/at least one element/);
    expect(() => new MinMaxScaler().fit({ data: new Float32Array(3), shape: [2, 2] })).toThrow(/\[N, D\]/);
    expect(() => new MinMaxScaler().fit(matrix()).transform({ data: new Float32Array(2), shape: [1, 2] })).toThrow(
      /expected 3 columns/,
    );
  });
});

describe('oneHotMatrix', () => {
  it('has one 1 a row', () => {
    expect(oneHotMatrix([2, 0], 3)).toEqual({ data: Float32Array.of(0, 0, 1, 1, 0, 0), shape: [2, 3] });
    for (const code of [3, -1, 0.5, Number.NaN]) expect(() => oneHotMatrix([code], 3)).toThrow(/row 0/);
    expect(() => oneHotMatrix([0], 0)).toThrow(/depth/);
  });
});
