import { testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { aroundAxis, broadcastShapes, checkShape, normalizeAxes, normalizeAxis, sameShape, sizeOf } from './shape.js';

describe('broadcastShapes', () => {
  it.each([
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3], [2, 3]],
    [[], [2], [2]],
    [[], [], []],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [
      [0, 1],
      [1, 4],
      [0, 4],
    ],
    [[1], [0], [0]],
    [
      [5, 1, 3],
      [4, 1],
      [5, 4, 3],
    ],
    [[2], [3], undefined],
    [[0], [2], undefined],
    [[2, 3], [2], undefined],
  ])('%j and %j: %j', (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
    expect(broadcastShapes(b, a)).toEqual(expected);
  });
});

it('counts axes from either end', () => {
  expect([normalizeAxis(0, 3, ''), normalizeAxis(-1, 3, ''), normalizeAxis(2, 3, '')]).toEqual([0, 2, 2]);
  expect(normalizeAxes(undefined, 3, '')).toEqual([0, 1, 2]);
  expect(normalizeAxes([-1, 0], 3, '')).toEqual([0, 2]);
  expect(normalizeAxes(-2, 3, '')).toEqual([1]);
});

it('sees a tensor as [outer, n, inner] around an axis', () => {
  expect(aroundAxis([2, 3, 4, 5], 2)).toEqual([6, 4, 5]);
  expect(aroundAxis([7], 0)).toEqual([1, 7, 1]);
});

it('knows sizes and equality', () => {
  expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])]).toEqual([1, 6, 0]);
  expect([sameShape([], []), sameShape([1], []), sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2])]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

testErrors({
  fractional: [() => checkShape([1.5], 'here'), 'shape', 'here:', '1.5'],
  negative: [() => checkShape([2, -1], 'here'), 'shape', 'here:', '-1', '[2, -1]'],
  NaN: [() => checkShape([Number.NaN], 'here'), 'shape', 'NaN'],
  infinite: [() => checkShape([Infinity], 'here'), 'shape', 'Infinity'],
  '2^53': [() => checkShape([2 ** 53], 'here'), 'shape', String(2 ** 53)],
  'rank 100': [() => checkShape(new Array<number>(100).fill(1), 'here'), 'shape', 'here:', '8', '100'],
  'zeros that hide an overflow': [() => checkShape([0, 2 ** 52, 2 ** 52], 'here'), 'shape', '2^53'],
  strings: [() => checkShape(JSON.parse('["2"]'), 'here'), 'shape', 'here:'],
  'no array': [() => checkShape(JSON.parse('{"length":1,"0":2}'), 'here'), 'shape', 'here:'],
  'an axis past the end': [() => normalizeAxis(3, 3, 'here'), 'range', 'here:', '-3 to 2', '3'],
  'an axis before the beginning': [() => normalizeAxis(-4, 3, 'here'), 'range', '-4'],
  'a fractional axis': [() => normalizeAxis(0.5, 3, 'here'), 'range', '0.5'],
  'an axis NaN': [() => normalizeAxis(Number.NaN, 3, 'here'), 'range', 'NaN'],
  'the same axis twice': [() => normalizeAxes([1, -2], 3, 'here'), 'range', 'axis 1', 'twice'],
});
