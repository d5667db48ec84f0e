import { describe, expect, it } from 'vitest';
import { constant, cosine, exponential, oneCycle, type Schedule, step, warmup } from './index.js';

const first = (schedule: Schedule, count: number) => Array.from({ length: count }, (_, i) => schedule(i));

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i], 9);
}

describe('schedules', () => {
  it('constant, step, exponential', () => {
    expectClose(first(constant(0.1), 2), [0.1, 0.1]);
    expectClose(first(step(1, { every: 2 }), 5), [1, 1, 0.1, 0.1, 0.01]);
    expectClose(first(exponential(1, { gamma: 0.5 }), 3), [1, 0.5, 0.25]);
  });

  it('cosine, like PyTorch, then the minimum', () => {
    const expected = [0.1, 0.0914057647, 0.0689057647, 0.0410942353, 0.0185942353, 0.01, 0.01];
    expectClose(first(cosine(0.1, { steps: 5, minimum: 0.01 }), 7), expected);
  });

  it('oneCycle, like PyTorch', () => {
    const expected = [
      0.004, 0.052, 0.1, 0.0950484632, 0.0811745654, 0.0611262022, 0.0388741978, 0.0188258346, 0.0049519368, 4e-7, 4e-7,
    ];
    expectClose(first(oneCycle(0.1, { steps: 10 }), 11), expected);
    for (const rate of first(oneCycle(0.1, { steps: 2 }), 4)) expect(rate).toBeGreaterThanOrEqual(0);
    for (const warmupFraction of [0, 1])
      expect(first(oneCycle(1, { steps: 5, warmupFraction }), 6).every(Number.isFinite)).toBe(true);
  });

  it('warmup, then another schedule', () => {
    expectClose(first(warmup(exponential(1, { gamma: 0.5 }), { steps: 4 }), 7), [0, 0.25, 0.5, 0.75, 1, 0.5, 0.25]);
    expectClose(first(warmup(constant(1), { steps: 2, from: 0.5 }), 3), [0.5, 0.75, 1]);
  });

  it('check their arguments', () => {
    expect(() => constant(-1)).toThrow(/rate/);
    expect(() => constant(Number.NaN)).toThrow(/rate/);
    expect(() => step(1, { every: 0 })).toThrow(/every/);
    expect(() => step(1, { every: 1.5 })).toThrow(/every/);
    expect(() => exponential(1, { gamma: 0 })).toThrow(/gamma/);
    expect(() => cosine(1, { steps: 0 })).toThrow(/steps/);
    expect(() => cosine(1, { steps: 2, minimum: -1 })).toThrow(/minimum/);
    expect(() => oneCycle(0, { steps: 10 })).toThrow(/maximum/);
    expect(() => oneCycle(1, { steps: 1 })).toThrow(/steps/);
    expect(() => oneCycle(1, { steps: 10, warmupFraction: 2 })).toThrow(/warmupFraction/);
    expect(() => warmup(constant(1), { steps: 0 })).toThrow(/steps/);
    expect(() => warmup(constant(1), { steps: 2, from: -1 })).toThrow(/from/);
  });
});
