import { expect, it } from 'vitest';
import { bfloat16Bits, float16Bits, fromBfloat16Bits, fromFloat16Bits } from './half.js';

const every = Uint16Array.from({ length: 65_536 }, (_, i) => i);

it('every float16 but NaN survives float32', () => {
  const back = float16Bits(fromFloat16Bits(every));
  for (const bits of every) {
    const isNaN16 = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    if (!isNaN16 && back[bits] !== bits) expect(back[bits]).toBe(bits);
  }
  expect(fromFloat16Bits(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1))).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24));
  expect(float16Bits(Float32Array.of(Number.NaN))[0] & 0x7c00).toBe(0x7c00);
});

it('every bfloat16 survives float32', () => {
  const back = bfloat16Bits(fromBfloat16Bits(every));
  for (const bits of every) if (back[bits] !== bits) expect([bits, back[bits]]).toEqual([bits, expect.anything()]);
  expect(fromBfloat16Bits(Uint16Array.of(0x3f80, 0xc049))).toEqual(Float32Array.of(1, -3.140625));
});
