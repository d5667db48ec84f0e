import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { arange, ones, scalar, tensor, Variable, zeros } from '../index.js';

const lines = (x: unknown): string[] => inspect(x).split('\n');

describe('console.log of a tensor', () => {
  it('shows dtype, shape and values', () => {
    expect(lines(tensor([[1, 2.5], [-30, 4]]))).toEqual([
      'Tensor(float32 [2, 2])',
      '[[  1.0000,   2.5000],',
      ' [-30.0000,   4.0000]]',
    ]); // biome-ignore format: one array
    expect(inspect(scalar(0.5))).toBe('Tensor(float32 []) 0.5000');
    expect(inspect(tensor([1, 20, 3]))).toBe('Tensor(float32 [3]) [ 1, 20,  3]');
    expect(inspect(tensor(BigInt64Array.of(1n, -2n)))).toBe('Tensor(int64 [2]) [ 1, -2]');
    expect(inspect(tensor([true, false]))).toBe('Tensor(bool [2]) [ true, false]');
    expect(inspect(zeros([0, 3]))).toBe('Tensor(float32 [0, 3])\n[]');
  });

  it('has an exponent for what is large or small, and names what is no number', () => {
    expect(inspect(tensor([1.5, 1e9]))).toBe('Tensor(float32 [2]) [1.5000e+0, 1.0000e+9]');
    expect(inspect(tensor([0.5, 1e-6, 0]))).toBe('Tensor(float32 [3]) [5.0000e-1, 1.0000e-6, 0.0000e+0]');
    expect(inspect(tensor([NaN, -Infinity, 0.25]))).toBe('Tensor(float32 [3]) [      NaN, -Infinity,    0.2500]');
  });

  it('shows the ends of large tensors, wraps rows, and sets blocks apart', () => {
    expect(lines(arange(0, 2000))).toEqual(['Tensor(float32 [2000]) [   0,    1,    2, …, 1997, 1998, 1999]']);
    expect(lines(arange(0, 4096).reshape([64, 64]))).toHaveLength(8);
    const row = lines(ones([60]));
    expect(row.length).toBe(3);
    expect(Math.max(...row.slice(1).map(({ length }) => length))).toBeLessThanOrEqual(81);
    expect(lines(ones([2, 2, 1]))).toEqual(['Tensor(float32 [2, 2, 1])', '[[[1],', '  [1]],', '', ' [[1],', '  [1]]]']);
  });

  it('shows no values where there are none, nor deep in an object', () => {
    const x = tensor([1, 2]);
    expect(inspect({ model: { layer: { x } } })).toContain('x: Tensor(float32 [2])');
    expect(inspect({ model: { layer: { x } } })).not.toContain('2]) [');
    x.dispose();
    expect(inspect(x)).toBe('Tensor(float32 [2], disposed)');
  });
});

describe('console.log of a variable', () => {
  it('shows its name, and its values on its own', () => {
    const v = new Variable(tensor([1, 2]), { name: 'bias', trainable: false });
    expect(inspect(v)).toBe('Variable(bias float32 [2], not trainable) [1, 2]');
    expect(inspect({ v })).toBe('{ v: Variable(bias float32 [2], not trainable) }');
    expect(String(new Variable(ones([2, 3]), { name: 'kernel' }))).toBe('Variable(kernel float32 [2, 3])');
  });
});
