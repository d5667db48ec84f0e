import { expectClose, testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { arange, eye, linspace } from '../index.js';

describe('arange', () => {
  it('counts up, down and in fractions', () => {
    expectClose(arange(3), [0, 1, 2]);
    expectClose(arange(2, 5), [2, 3, 4]);
    expectClose(arange(5, 2, -2), [5, 3]);
    expectClose(arange(0, 1, 0.25, 'float64'), [0, 0.25, 0.5, 0.75]);
    expectClose(arange(0, 1, 0.3), [0, 0.3, 0.6, 0.9]);
    expectClose(arange(0), []);
  });

  it.each(['int32', 'int64', 'uint8'] as const)('counts in %s', (dtype) => {
    const x = arange(1, 10, 3, dtype);
    expect(x.dtype).toBe(dtype);
    expect(Array.from(x.dataSync(), Number)).toEqual([1, 4, 7]);
  });

  it('stays exact over long ways', () => {
    expect(arange(1e6, undefined, 1, 'float64').dataSync()[999_999]).toBe(999_999);
  });
});

it('linspace ends at both ends', () => {
  expectClose(linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]);
  expectClose(linspace(3, 3, 1), [3]);
  expectClose(linspace(1, -1, 3, 'float64'), [1, 0, -1]);
});

it('eye has ones where row and column are equal', () => {
  expect(eye(2).toArray()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(eye(2, 3, 'int32').toArray()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  expect(eye(0).shape).toEqual([0, 0]);
});

testErrors({
  'a step of 0': [() => arange(0, 3, 0), 'range', 'arange:', 'step of 0'],
  'a step that leads away': [() => arange(0, 3, -1), 'range', 'arange:', '-1', '0', '3'],
  'a stop of NaN': [() => arange(Number.NaN), 'range', 'arange:', 'NaN'],
  'an infinite stop': [() => arange(Infinity), 'range', 'arange:', 'Infinity'],
  'arange of an unknown dtype': [() => arange(3, undefined, 1, JSON.parse('"int4"')), 'dtype', 'arange:', 'int4'],
  'arange past the bytes': [() => arange(0, 300, 1, 'uint8'), 'range', 'arange', 'uint8'],
  'arange of integers in fractions': [() => arange(0, 1, 0.25, 'int32'), 'range', 'arange', 'int32'],
  'linspace of nothing': [() => linspace(0, 1, 0), 'range', 'linspace:', '0'],
  'linspace to NaN': [() => linspace(0, Number.NaN, 3), 'range', 'linspace:', 'NaN'],
  'eye of a fraction': [() => eye(1.5), 'range', 'eye:', '1.5'],
  'eye of a negative': [() => eye(-1), 'range', 'eye:', '-1'],
});
