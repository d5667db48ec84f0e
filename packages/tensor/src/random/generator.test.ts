import { expectClose, memoryWithoutGarbage, philoxBlock, testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { Generator, memory, scope, setThreads, type Tensor, tensor, threads } from '../index.js';

const SEED = 0x299f31d0a4093822n;

/** The float32 stream of a generator: words in order, the upper 24 bits of each. */
function expectedUniform(seed: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    return (philoxBlock(BigInt(i >> 2), BigInt.asUintN(64, seed))[i & 3] >>> 8) * 2 ** -24;
  });
}

function moments(x: Tensor) {
  const [mean, variance] = [x.mean().itemSync(), x.variance().itemSync()].map(Number);
  return { mean, std: Math.sqrt(variance), least: Number(x.min().itemSync()), most: Number(x.max().itemSync()) };
}

describe('Philox', () => {
  it('gives the published numbers', () => {
    // kat_vectors of the authors' Random123 distribution.
    expect(philoxBlock(0n, 0n)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philoxBlock(2n ** 128n - 1n, 2n ** 64n - 1n)).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(philoxBlock(0x0370734413198a2e85a308d3243f6a88n, SEED)).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });

  it.each([0n, 1n, -1n, SEED, 2n ** 64n - 1n])('is the stream of a generator, seed %s', (seed) => {
    expect([...new Generator(seed).uniform([21]).dataSync()]).toEqual(expectedUniform(seed, 21));
  });

  it('makes float64 of two words', () => {
    const block = philoxBlock(0n, 5n);
    const expected = [0, 2].map((i) => Number((BigInt(block[i]) << 32n) | BigInt(block[i + 1])) * 2 ** -64);
    expectClose(new Generator(5).uniform([2], { dtype: 'float64' }), Float64Array.from(expected), { atol: 2 ** -53 });
  });
});

describe('a generator', () => {
  it('gives the same bits for every number of threads', () => {
    const before = threads();
    const runs = [1, 2, 3].map((count) => {
      setThreads(count);
      const generator = new Generator(9);
      return scope(() =>
        [generator.uniform([100_003]), generator.normal([100_003]), generator.truncatedNormal([50_001])].map((x) => [
          ...x.dataSync(),
        ]),
      );
    });
    setThreads(before);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it('never repeats itself, and repeats another with the same seed', () => {
    const [a, b] = [new Generator(1), new Generator(1)];
    const first = [...a.uniform([64]).dataSync()];
    const second = [...a.uniform([64]).dataSync()];
    expect(new Set([...first, ...second]).size).toBe(128);
    expect([...b.uniform([64]).dataSync()]).toEqual(first);
    b.reseed(1);
    expect([...b.uniform([64]).dataSync()]).toEqual(first);
    expect([...new Generator(2).uniform([64]).dataSync()]).not.toEqual(first);
  });

  it('has moments', () => {
    const generator = new Generator(11);
    const n = [200_000];
    const uniform = moments(generator.uniform(n, { low: -2, high: 4 }));
    expect([uniform.mean, uniform.std]).toEqual([expect.closeTo(1, 1), expect.closeTo(Math.sqrt(3), 1)]);
    expect(uniform.least).toBeGreaterThanOrEqual(-2);
    expect(uniform.most).toBeLessThan(4);
    const normal = moments(generator.normal(n, { mean: 5, std: 3, dtype: 'float64' }));
    expect([normal.mean, normal.std]).toEqual([expect.closeTo(5, 1), expect.closeTo(3, 1)]);
    const truncated = moments(generator.truncatedNormal(n, { mean: 1, std: 2 }));
    expect([truncated.mean, truncated.std]).toEqual([expect.closeTo(1, 1), expect.closeTo(2 * 0.8796, 1)]);
    expect(Math.max(1 - truncated.least, truncated.most - 1)).toBeLessThanOrEqual(4);
    expect(moments(generator.bernoulli(n, 0.3).cast('float32')).mean).toBeCloseTo(0.3, 2);
  });

  it('draws in every float dtype, and nothing', () => {
    const generator = new Generator(3);
    for (const dtype of ['float32', 'float64', 'bfloat16', 'float16'] as const) {
      expect(generator.uniform([2, 2], { dtype }).dtype).toBe(dtype);
      expect(generator.normal([0], { dtype }).shape).toEqual([0]);
    }
    expect([...generator.normal([2], { mean: 7, std: 0 }).dataSync()]).toEqual([7, 7]);
    expect([...generator.bernoulli([3], 0).dataSync()]).toEqual([0, 0, 0]);
    expect([...generator.bernoulli([3], 1).dataSync()]).toEqual([1, 1, 1]);
  });

  it('permutes', () => {
    const generator = new Generator(8);
    const order = [...generator.permutation(1000).dataSync()];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).not.toEqual([...generator.permutation(1000).dataSync()]);
    expect(order.filter((value, i) => value === i).length).toBeLessThan(10);
    expect(generator.permutation(0).shape).toEqual([0]);
    expect(generator.permutation(1).toArray()).toEqual([0]);
  });

  it('keeps its state in a variable', () => {
    const [a, b] = [new Generator(4), new Generator(0)];
    a.uniform([10]);
    scope(() => b.state.assign(a.state.value));
    expect([...b.normal([5]).dataSync()]).toEqual([...a.normal([5]).dataSync()]);
    expect(a.state.trainable).toBe(false);
    scope(() => b.state.assign(tensor(BigInt64Array.of(1n, -1n))));
    expect(b.uniform([8]).isFinite().all().itemSync()).toBe(true);
  });

  it('leaves nothing behind', () => {
    const generator = new Generator(6);
    scope(() => generator.normal([4]));
    // A constant or two may be made once.
    const before = memoryWithoutGarbage().tensors + 2;
    for (let i = 0; i < 100; i++) {
      scope(() => {
        generator.normal([4]);
        generator.bernoulli([4], 0.5);
        generator.permutation(4);
      });
    }
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});

const g = new Generator(0);

testErrors({
  'a fractional seed': [() => new Generator(1.5), 'range', 'Generator:', '1.5'],
  'a seed of 65 bits': [() => new Generator(2n ** 64n), 'range', 'Generator:', String(2n ** 64n)],
  'low above high': [() => g.uniform([1], { low: 2, high: 1 }), 'range', 'uniform:', '2 and 1'],
  'an infinite end': [() => g.uniform([1], { high: Infinity }), 'range', 'uniform:', 'high', 'Infinity'],
  'a negative deviation': [() => g.normal([1], { std: -1 }), 'range', 'normal:', 'std', '-1'],
  'a mean of NaN': [() => g.normal([1], { mean: Number.NaN }), 'range', 'normal:', 'mean', 'NaN'],
  'an infinite deviation': [() => g.truncatedNormal([1], { std: Infinity }), 'range', 'truncatedNormal:', 'Infinity'],
  'a probability of 1.5': [() => g.bernoulli([1], 1.5), 'range', 'bernoulli:', '1.5'],
  'a negative count': [() => g.permutation(-1), 'range', 'permutation:', '-1'],
  'a bad shape': [() => g.uniform([-1]), 'shape', 'uniform:', '-1'],
  integers: [() => g.uniform([1], { dtype: JSON.parse('"int32"') }), 'dtype', 'uniform:', 'int32'],
});
