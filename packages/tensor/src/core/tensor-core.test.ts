import { expectHebbError } from '@hebb/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ones, scalar, tensor, zeros } from '../index.js';

describe('data', () => {
  it('gives the typed array of the dtype', async () => {
    expect(await ones([2]).data()).toEqual(Float32Array.of(1, 1));
    expect(await ones([2], 'float64').data()).toEqual(Float64Array.of(1, 1));
    expect(await ones([2], 'bfloat16').data()).toEqual(Float32Array.of(1, 1));
    expect(await ones([2], 'float16').data()).toEqual(Float32Array.of(1, 1));
    expect(await ones([2], 'int32').data()).toEqual(Int32Array.of(1, 1));
    expect(await ones([2], 'int64').data()).toEqual(BigInt64Array.of(1n, 1n));
    expect(await ones([2], 'uint8').data()).toEqual(Uint8Array.of(1, 1));
    expect(await ones([2], 'bool').data()).toEqual(Uint8Array.of(1, 1));
  });

  it('is typed by the dtype', () => {
    expectTypeOf(ones([1], 'int64').dataSync()).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
    expectTypeOf(ones([1]).dataSync()).toEqualTypeOf<Float32Array<ArrayBuffer>>();
    expectTypeOf(ones([1], 'bool').itemSync()).toEqualTypeOf<boolean>();
  });

  it('is a copy', () => {
    const x = ones([2]);
    x.dataSync()[0] = 5;
    expect([...x.dataSync()]).toEqual([1, 1]);
  });
});

describe('item', () => {
  it('gives a number, bigint or boolean', async () => {
    expect(await scalar(1.5).item()).toBe(1.5);
    expect(await scalar(7, 'int64').item()).toBe(7n);
    expect(await scalar(true, 'bool').item()).toBe(true);
    expect(ones([1, 1]).itemSync()).toBe(1);
  });

  it('wants one element', () => {
    expectHebbError(() => ones([2]).itemSync(), 'shape', 'item:', '[2]', 'data()');
    expectHebbError(() => zeros([0]).itemSync(), 'shape', 'item:', '[0]');
  });
});

describe('toArray', () => {
  it('nests as deep as the rank', () => {
    expect(scalar(3).toArray()).toBe(3);
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor([[[1], [2]]], { dtype: 'int64' }).toArray()).toEqual([[[1n], [2n]]]);
    expect(tensor([true, false]).toArray()).toEqual([true, false]);
    expect(zeros([2, 0]).toArray()).toEqual([[], []]);
    expect(zeros([0, 2]).toArray()).toEqual([]);
  });
});

/** The value that 16 bits stand for, from the definition of the format. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe.each([
  ['bfloat16', 8, 7],
  ['float16', 5, 10],
] as const)('%s', (dtype, exponentBits, fractionBits) => {
  it('keeps each of its values on the way from float32 and back', () => {
    const all = Float32Array.from({ length: 65536 }, (_, bits) => decode(bits, exponentBits, fractionBits));
    // Signed zeros too: Object.is through toEqual.
    expect(tensor(all, { dtype }).dataSync()).toEqual(all);
    expect(tensor(all, { dtype }).cast('float32').dataSync()).toEqual(all);
  });

  it('rounds halves to even', () => {
    const step = 2 ** -fractionBits;
    const x = tensor(Float32Array.of(1 + step / 2, 1 + 1.5 * step, 1 + step / 2 + 2 ** -20, -(1 + step / 2)), { dtype });
    expect([...x.dataSync()]).toEqual([1, 1 + 2 * step, 1 + step, -1]);
  });
});

describe('denormal numbers', () => {
  it('survive storage', () => {
    const x = Float32Array.of(1e-45, -1e-40);
    expect(tensor(x).dataSync()).toEqual(x);
    expect(
      tensor(x)
        .reshape([2, 1])
        .concat([tensor([[1]])])
        .dataSync(),
    ).toEqual(Float32Array.of(...x, 1));
    expect(tensor(x).neg().neg().dataSync()).toEqual(x);
    const y = Float64Array.of(5e-324);
    expect(tensor(y).dataSync()).toEqual(y);
  });

  it('of JavaScript are what they were after an op', () => {
    const tiny = Number.MIN_VALUE * 3;
    ones([4096]).mul(1e-30).mul(1e-30).sum().dataSync();
    expect(tiny / 3).toBe(Number.MIN_VALUE);
    expect(Math.fround(1e-40)).not.toBe(0);
  });
});
