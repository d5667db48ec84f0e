import { customGradient } from '@hebb/autograd';
import { type DType, HebbError, isHalf, ones, type Tensor, tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { checkOp, close, expectClose, expectHebbError, expectHebbRejection, type GoldenCase, TOLERANCES } from './index.js';

/** x² at 1, 2, 3. */
const golden: GoldenCase<undefined> = {
  name: 'square',
  attributes: undefined,
  smooth: true,
  inputs: [{ dtype: 'float', shape: [3], data: [1, 2, 3] }],
  outputs: [{ dtype: 'float', shape: [3], data: [1, 4, 9] }],
  cotangents: [{ dtype: 'float', shape: [3], data: [1, 1, -1] }],
  gradients: [{ dtype: 'float', shape: [3], data: [2, 4, -6] }],
};
const check = (fn: (x: Tensor) => Tensor, changes: Partial<GoldenCase<undefined>> = {}) =>
  checkOp({ fn: ([x]: [Tensor]) => fn(x), golden: { ...golden, ...changes } });

describe('checkOp', () => {
  it('passes what is right', () => {
    check((x) => x.square());
    check((x) => x.mul(x));
  });

  it('finds wrong values, shapes, dtypes and numbers of outputs', () => {
    expect(() => check((x) => x.mul(2))).toThrow('output 0 (float32): expected 1 at element 0 of float32 [3], received 2');
    expect(() => check((x) => x.square().expandDims(0))).toThrow('expected shape [3], received [1,3]');
    expect(() => check((x) => x.square().cast('int32'))).toThrow('expected dtype float32, received int32');
    expect(() => checkOp({ fn: ([x]: [Tensor]) => [x.square(), x], golden })).toThrow('Expected 1 outputs, received 2');
  });

  it('finds wrong gradients, in the golden file or in the op', () => {
    const wrong = { dtype: 'float', shape: [3], data: [2, 4, -7] } as const;
    expect(() => check((x) => x.square(), { gradients: [wrong] })).toThrow('gradient of input 0 (float32): expected -7');
    const half = customGradient((x) => ({ value: x.square(), gradient: (g) => g.mul(x) }));
    expect(() => check(half)).toThrow('gradient of input 0');
  });

  it('finds what is wrong in 16 bits only', () => {
    const wrong = (x: Tensor, dtype: DType) => (x.dtype === dtype ? x.square().mul(1.02) : x.square());
    for (const dtype of ['bfloat16', 'float16'] as const)
      expect(() => check((x) => wrong(x, dtype))).toThrow(`output 0 (${dtype})`);
    expect(() => check((x) => (isHalf(x.dtype) ? x.square().cast('float64') : x.square()))).toThrow(
      'expected dtype bfloat16 or float32',
    );
    const slope = customGradient((x) => ({ value: x.square(), gradient: (g) => g.mul(x).mul(isHalf(x.dtype) ? 1.9 : 2) }));
    expect(() => check(slope)).toThrow('gradient of input 0 (bfloat16)');
  });

  it('finds gradients that agree with the golden file and are wrong elsewhere', () => {
    const constant = customGradient((x) => ({
      value: x.square(),
      gradient: () => tensor([2, 4, -6], { dtype: 'float64' }).cast(x.dtype),
    }));
    expect(() => check(constant)).toThrow('gradCheck');
  });

  it('finds wrong second derivatives', () => {
    // The rule takes x for a constant.
    const once = customGradient((x) => ({ value: x.square(), gradient: (g) => g.mul(x.stopGradient()).mul(2) }));
    expect(() => check(once)).toThrow('gradCheck');
    checkOp({ fn: ([x]: [Tensor]) => once(x), golden, second: false });
  });
});

describe('close', () => {
  it('lets NaN equal only NaN, and infinities only themselves', () => {
    const loose = { rtol: 1, atol: 1e300 };
    const specials = [Number.NaN, Infinity, -Infinity, 0];
    for (const a of specials) for (const b of specials) expect(close(a, b, loose)).toBe(Object.is(a, b));
  });

  it('is relative', () => {
    expect(close(1e6 + 1, 1e6, TOLERANCES.float32)).toBe(true);
    expect(close(1e6 + 2, 1e6, TOLERANCES.float32)).toBe(false);
    expect(close(1, 0, TOLERANCES.int32)).toBe(false);
  });
});

describe('expectClose', () => {
  it('compares 64-bit integers exactly', () => {
    const x = tensor([2n ** 62n]);
    expectClose(x, tensor([2n ** 62n]));
    expect(() => expectClose(x, tensor([2n ** 62n + 1n]))).toThrow('received 4611686018427387904');
  });
});

describe('expectHebbError', () => {
  const thrown = () => {
    throw new HebbError('shape', 'add: expected this, received that.');
  };

  it('wants a HebbError with the code and the parts', () => {
    expectHebbError(thrown, 'shape', 'add:', 'that');
    expect(() => expectHebbError(thrown, 'dtype')).toThrow("Expected code 'dtype', received 'shape'");
    expect(() => expectHebbError(thrown, 'shape', 'mul:')).toThrow('Expected ["mul:"] in the message');
    expect(() => expectHebbError(() => ones([1]), 'shape')).toThrow('nothing was thrown');
    expect(() => expectHebbError(() => JSON.parse('{'), 'shape')).toThrow('Expected a HebbError');
  });

  it('works for promises', async () => {
    await expectHebbRejection(Promise.resolve().then(thrown), 'shape', 'add:');
    await expect(expectHebbRejection(Promise.resolve(3), 'shape')).rejects.toThrow('gave 3');
  });
});
