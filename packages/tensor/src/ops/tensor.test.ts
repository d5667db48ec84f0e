import { testErrors } from '@hebb/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Nested, type Tensor, type TypedArray, tensor } from '../index.js';

describe('from nested arrays', () => {
  it('takes shape and dtype from the values', () => {
    expect(
      String(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ).toBe('Tensor(float32 [2, 3])');
    expect(String(tensor(3))).toBe('Tensor(float32 [])');
    expect(String(tensor([true]))).toBe('Tensor(bool [1])');
    expect(String(tensor([1n, 2n]))).toBe('Tensor(int64 [2])');
    expect(String(tensor([]))).toBe('Tensor(float32 [0])');
    expect(String(tensor([[], []]))).toBe('Tensor(float32 [2, 0])');
    expect(String(tensor([[[[[[[[1]]]]]]]]))).toBe('Tensor(float32 [1, 1, 1, 1, 1, 1, 1, 1])');
  });

  it('converts to the dtype named', () => {
    expect([...tensor([0, 2], { dtype: 'bool' }).dataSync()]).toEqual([0, 1]);
    expect([...tensor([true, false], { dtype: 'float32' }).dataSync()]).toEqual([1, 0]);
    expect([...tensor([1, 2 ** 53 - 1], { dtype: 'int64' }).dataSync()]).toEqual([1n, BigInt(2 ** 53 - 1)]);
    expect([...tensor([2n ** 63n - 1n]).dataSync()]).toEqual([2n ** 63n - 1n]);
  });

  it('takes a shape', () => {
    expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

it('is typed by its values', () => {
  expectTypeOf(tensor([[1, 2]])).toEqualTypeOf<Tensor<'float32'>>();
  expectTypeOf(tensor([true])).toEqualTypeOf<Tensor<'bool'>>();
  expectTypeOf(tensor([[1n]])).toEqualTypeOf<Tensor<'int64'>>();
  expectTypeOf(tensor([])).toEqualTypeOf<Tensor<'float32'>>();
  expectTypeOf(tensor([1], { dtype: 'int32' })).toEqualTypeOf<Tensor<'int32'>>();
  expectTypeOf(tensor([true], { dtype: 'uint8', shape: [1] })).toEqualTypeOf<Tensor<'uint8'>>();
  expectTypeOf(tensor(Float64Array.of(1), { dtype: 'float32' })).toEqualTypeOf<Tensor<'float32'>>();
});

describe('from typed arrays', () => {
  it('keeps the element type', () => {
    const made = [Float32Array.of(1), Float64Array.of(1), Int32Array.of(1), BigInt64Array.of(1n), Uint8Array.of(1)].map(
      (values: TypedArray) => tensor(values).dtype,
    );
    expect(made).toEqual(['float32', 'float64', 'int32', 'int64', 'uint8']);
    expectTypeOf(tensor(Float64Array.of(1))).toEqualTypeOf<Tensor<'float64'>>();
    expectTypeOf(tensor(BigInt64Array.of(1n))).toEqualTypeOf<Tensor<'int64'>>();
  });

  it('copies', () => {
    const values = Float32Array.of(1, 2);
    const x = tensor(values);
    values[0] = 5;
    expect([...x.dataSync()]).toEqual([1, 2]);
  });

  it('takes part of a buffer, at any offset', () => {
    const values = Float32Array.of(0, 1, 2, 3).subarray(1, 3);
    expect([...tensor(values).dataSync()]).toEqual([1, 2]);
    expect([...tensor(new Uint8Array(Uint8Array.of(9, 8, 7).buffer, 1)).dataSync()]).toEqual([8, 7]);
  });

  it('reads shared memory', () => {
    const values = new Float32Array(new SharedArrayBuffer(8));
    values.set([1, 2]);
    expect([...tensor(values).dataSync()]).toEqual([1, 2]);
  });

  it('converts', () => {
    expect([...tensor(Float64Array.of(0.1), { dtype: 'float32' }).dataSync()]).toEqual([Math.fround(0.1)]);
    expect([...tensor(Int32Array.of(-1), { dtype: 'int64' }).dataSync()]).toEqual([-1n]);
    expect([...tensor(Uint8Array.of(7, 0), { dtype: 'bool' }).dataSync()]).toEqual([1, 0]);
  });
});

const value = (json: string): Nested => JSON.parse(json);
const detached = () => {
  const values = new Float32Array(4);
  structuredClone(values.buffer, { transfer: [values.buffer] });
  return values;
};

testErrors({
  'rows of two lengths': [() => tensor([[1, 2], [3]]), 'shape', 'tensor:', 'depth 1', 'length 2', 'length 1'],
  'a number among rows': [() => tensor([[1], 2]), 'shape', 'tensor:', 'depth 1'],
  'a row among numbers': [() => tensor([1, [2]]), 'shape', 'tensor:', '[2]'],
  'nine levels': [() => tensor([[[[[[[[[1]]]]]]]]]), 'shape', 'tensor:', '8'],
  'a cycle': [() => tensor(cycle()), 'shape', 'tensor:', '8'],
  'a string': [() => tensor(value('["1"]')), 'argument', 'tensor:', '1'],
  null: [() => tensor(value('[null]')), 'argument', 'tensor:', 'null'],
  'an object': [() => tensor(value('{"a":1}')), 'argument', 'tensor:'],
  'a sparse array': [() => tensor(new Array<number>(2)), 'argument', 'tensor:', 'undefined'],
  'NaN as int32': [() => tensor([Number.NaN], { dtype: 'int32' }), 'range', 'tensor:', 'int32', 'NaN'],
  '300 as uint8': [() => tensor([300], { dtype: 'uint8' }), 'range', 'tensor:', 'uint8', '300'],
  '1.5 as int64': [() => tensor([1.5], { dtype: 'int64' }), 'range', 'tensor:', 'int64', '1.5'],
  '2^64 as int64': [() => tensor([2n ** 64n]), 'range', 'tensor:', 'int64', String(2n ** 64n)],
  'typed 300 as uint8': [() => tensor(Float32Array.of(300), { dtype: 'uint8' }), 'range', 'uint8', '300'],
  'typed NaN as int32': [() => tensor(Float64Array.of(Number.NaN), { dtype: 'int32' }), 'range', 'int32', 'NaN'],
  'a shape that does not hold them': [() => tensor([1, 2, 3], { shape: [2, 2] }), 'shape', 'tensor:', '[2, 2]', '4', '3'],
  'a shape for a typed array': [() => tensor(new Float32Array(3), { shape: [4] }), 'shape', '[4]', '3'],
  'a fractional shape': [() => tensor([1], { shape: [0.5, 2] }), 'shape', 'tensor:', '0.5'],
  'a detached buffer': [() => tensor(detached()), 'argument', 'tensor:', 'detached'],
  'a detached buffer with a shape': [() => tensor(detached(), { shape: [4] }), 'argument', 'tensor:', 'detached'],
  'another typed array': [() => tensor(Reflect.construct(Uint16Array, [[1]])), 'argument', 'tensor:', 'Uint16Array', 'from'],
  'an unknown dtype': [() => tensor([1], { dtype: JSON.parse('"double"') }), 'dtype', 'tensor:', 'double'],
});

function cycle(): Nested {
  const inner: Nested[] = [];
  inner.push(inner);
  return inner;
}
