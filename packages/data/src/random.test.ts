import { expect, it } from 'vitest';
import { HostRandom, permutation } from './random.js';

it('is Philox4x32-10', () => {
  // Random123's known answers: key and counter 0. Our counter starts at (0, 0, stream).
  const random = new HostRandom(0);
  expect([random.word(), random.word(), random.word(), random.word()]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
});

it('is uniform enough, and below never reaches its bound', () => {
  const random = new HostRandom(1);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i += 1) counts[random.below(7)] += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 50_000; i += 1) {
    const value = random.normal();
    sum += value;
    squares += value * value;
  }
  expect(Math.abs(sum / 50_000)).toBeLessThan(0.02);
  expect(Math.abs(squares / 50_000 - 1)).toBeLessThan(0.03);
});

it('permutes, by seed and stream', () => {
  expect([...permutation(100, 1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(permutation(100, 1)).toEqual(permutation(100, 1));
  expect(permutation(100, 1)).not.toEqual(permutation(100, 2));
  expect(permutation(100, 1, 1)).not.toEqual(permutation(100, 1, 2));
  expect(() => new HostRandom(-1)).toThrow(/seed/);
  expect(() => new HostRandom(1.5)).toThrow(/seed/);
});
