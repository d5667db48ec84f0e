import { expect, it } from 'vitest';
import {
  defaultGenerator,
  randomBernoulli,
  randomNormal,
  randomPermutation,
  randomTruncatedNormal,
  randomUniform,
  setSeed,
} from '../index.js';

const draw = () =>
  [randomUniform([3]), randomNormal([3]), randomTruncatedNormal([3]), randomBernoulli([8], 0.5), randomPermutation(5)].map(
    (x) => [...x.dataSync()],
  );

it('starts again from a seed', () => {
  setSeed(42);
  const first = draw();
  expect(draw()).not.toEqual(first);
  setSeed(42);
  expect(draw()).toEqual(first);
});

it('is one generator', () => {
  expect(defaultGenerator()).toBe(defaultGenerator());
});
