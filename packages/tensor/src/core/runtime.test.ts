import { valueAndGrad } from '@hebb/autograd';
import { expectHebbError, memoryWithoutGarbage } from '@hebb/testing';
import { afterEach, describe, expect, it } from 'vitest';
import {
  devices,
  dropout,
  Generator,
  memory,
  ones,
  resetPeakMemory,
  scope,
  setMemoryBudget,
  setThreads,
  threads,
  trimMemory,
  Variable,
  zeros,
} from '../index.js';

const MIB = 2 ** 20;

afterEach(() => setMemoryBudget(0));

describe('memory budget', () => {
  it('makes exhaustion an error, after which everything works', () => {
    setMemoryBudget(memoryWithoutGarbage().liveBytes + 4 * MIB);
    const before = memoryWithoutGarbage();
    expectHebbError(() => zeros([2 * MIB]), 'out-of-memory', 'full', 'budget');
    expect(memory().liveBytes).toBe(before.liveBytes);
    expect(memory().tensors).toBe(before.tensors);
    using x = ones([1000]);
    expect(Number(x.sum().itemSync())).toBe(1000);
    setMemoryBudget(0);
    using large = zeros([2 * MIB]);
    expect(large.size).toBe(2 * MIB);
  });

  it('covers uploads and the inside of ops', () => {
    using x = zeros([512, 512]);
    setMemoryBudget(memoryWithoutGarbage().liveBytes + MIB / 2);
    expectHebbError(() => x.add(1), 'out-of-memory', 'add');
    expectHebbError(() => x.matmul(x), 'out-of-memory', 'matmul');
    expectHebbError(() => scope(() => [x.reshape([512, 1, 512]).sum(0), x.concat([x])]), 'out-of-memory');
    expect(Number(scope(() => x.sum()).itemSync())).toBe(0);
  });

  it('is a whole number of bytes', () => {
    expectHebbError(() => setMemoryBudget(-1), 'range', 'setMemoryBudget:', '-1');
    expectHebbError(() => setMemoryBudget(0.5), 'range', 'setMemoryBudget:', '0.5');
    expectHebbError(() => setMemoryBudget(Number.NaN), 'range', 'NaN');
    setMemoryBudget(2 ** 40);
    expect(memory().budgetBytes).toBe(2 ** 40);
  });
});

describe('memory', () => {
  it('counts bytes and their peak', () => {
    scope(() => zeros([MIB]));
    const before = memoryWithoutGarbage().liveBytes;
    resetPeakMemory();
    scope(() => {
      zeros([MIB]);
      expect(memory().liveBytes - before).toBeGreaterThanOrEqual(4 * MIB);
    });
    expect(memory().liveBytes).toBe(before);
    expect(memory().peakBytes - before).toBeGreaterThanOrEqual(4 * MIB);
    expect(memory().peakBytes - before).toBeLessThan(5 * MIB);
    resetPeakMemory();
    expect(memory().peakBytes).toBe(before);
  });

  it('gives freed blocks back', () => {
    scope(() => zeros([16 * MIB]));
    trimMemory();
    expect(memory().reservedBytes).toBeLessThan(memory().liveBytes + 64 * MIB);
  });
});

describe('threads', () => {
  it('can be set', () => {
    const before = threads();
    setThreads(3);
    expect(threads()).toBe(3);
    setThreads(before);
    for (const count of [0, -1, 1.5, 1025, Number.NaN]) expectHebbError(() => setThreads(count), 'range', String(count));
    expect(threads()).toBe(before);
  });

  it('do not change a bit of a training computation', () => {
    const before = threads();
    const runs = [1, 2, 3].map((count) => {
      setThreads(count);
      return train();
    });
    setThreads(before);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

/** A few steps of a small convolutional network, with everything that could depend on the order of additions. */
function train(): number[] {
  return scope(() => {
    const generator = new Generator(1);
    const images = generator.normal([8, 12, 12, 3]);
    const labels = generator.uniform([8], { high: 5 }).cast('int32');
    const filters = new Variable(generator.normal([16, 3, 3, 3], { std: 0.2 }));
    const gamma = new Variable(ones([16]));
    const beta = new Variable(zeros([16]));
    const weights = new Variable(generator.normal([16 * 36, 5], { std: 0.1 }));
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) {
      scope(() => {
        const { value, grads } = valueAndGrad(() => {
          const hidden = images.conv2d(filters.value, { padding: 'same' });
          const normal = hidden
            .sub(hidden.mean([0, 1, 2]))
            .mul(gamma.value)
            .add(beta.value);
          const pooled = normal.relu().maxPool2d(2).reshape([8, -1]);
          return dropout(pooled, 0.2, generator).matmul(weights.value).softmaxCrossEntropy(labels).mean();
        });
        for (const [variable, gradient] of grads) variable.assign(variable.value.sub(gradient.mul(0.1)));
        losses.push(Number(value.itemSync()));
      });
    }
    return [...losses, ...weights.value.dataSync(), ...(filters.value.dataSync() as Float32Array)];
  });
}

it('says what devices there are', () => {
  expect(devices()[0]).toMatchObject({ name: 'cpu', available: true });
  expect(devices()[0].detail).not.toBe('');
});
