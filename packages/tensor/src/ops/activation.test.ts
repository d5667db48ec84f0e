import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { elu, gelu, leakyRelu, ones, relu, sigmoid, silu, softplus, type Tensor, tanh, tensor } from '../index.js';

const ops = { tanh, sigmoid, relu, silu, softplus, leakyRelu, elu, gelu };
const golden = new URL('../../golden/activation.json', import.meta.url);
const SIMPLE = ['tanh', 'sigmoid', 'relu', 'silu', 'softplus'] as const;

for (const name of SIMPLE) testOp(golden, name, ([x]: [Tensor]) => ops[name](x));
testOp(golden, 'leakyRelu', ([x]: [Tensor], { alpha }: { alpha: number }) => leakyRelu(x, alpha));
testOp(golden, 'elu', ([x]: [Tensor], { alpha }: { alpha: number }) => elu(x, alpha));
testOp(golden, 'gelu', ([x]: [Tensor], options: { approximate: 'none' | 'tanh' }) => gelu(x, options));

// PyTorch gives NaN for some of these: ∞·0. Hebb gives the limits.
it.each(['silu', 'gelu'] as const)('%s goes to its limits', (name) => {
  const x = tensor([Infinity, -Infinity, Number.NaN, -1e30, 1e30]);
  const limits = [Infinity, 0, Number.NaN, 0, Math.fround(1e30)];
  expect(Array.from(ops[name](x).dataSync(), (value) => value + 0)).toEqual(limits);
});

describe('every activation', () => {
  for (const name of [...SIMPLE, 'leakyRelu', 'elu', 'gelu'] as const) {
    testErrors({
      [`${name} of bool`]: [() => ops[name](ones([2], 'bool')), 'dtype', `${name}:`, 'bool [2]'],
      [`${name} of a disposed tensor`]: [() => ops[name](disposedTensor([2])), 'disposed', `${name}:`],
    });
  }
});

testErrors({
  'leakyRelu by NaN': [() => leakyRelu(ones([1]), Number.NaN), 'range', 'leakyRelu:', 'alpha', 'NaN'],
  'elu by NaN': [() => elu(ones([1]), Number.NaN), 'range', 'elu:', 'alpha', 'NaN'],
  'gelu of another kind': [() => gelu(ones([1]), JSON.parse('{"approximate":"quick"}')), 'argument', 'gelu:', 'quick'],
});
