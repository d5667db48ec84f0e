import { disposedTensor, testErrors } from '@hebb/testing';
import { expect, it } from 'vitest';
import { add, applyAll, concat, exp, type Op, ones, scope, Variable } from '../index.js';

/** What JavaScript, or a cast, lets through the types. */
const any = (json: string) => JSON.parse(json);

testErrors({
  'a number': [() => exp(any('3')), 'argument', 'exp:', 'expected a tensor', '3'],
  nothing: [() => exp(any('null')), 'argument', 'exp:', 'null'],
  'an array': [() => add(ones([2]), any('[1, 2]')), 'argument', 'add:', 'Array', 'tensor(values)'],
  'an object': [() => exp(any('{"dtype":"float32","shape":[2]}')), 'argument', 'exp:', 'Object'],
  'one that looks like a tensor': [() => exp(any('{"dtype":"float32","shape":[2],"handle":0}')), 'argument', 'exp:'],
  'a variable': [() => Reflect.apply(add, null, [ones([2]), new Variable(ones([2]))]), 'argument', 'add:', 'Variable', '.value'],
  'something among tensors': [() => concat([ones([2]), any('3')]), 'argument', 'concat:', '3'],
  'an unknown kernel': [() => applyAll(unknown, [ones([1])], undefined), 'unsupported', 'frobnicate'],
  'a disposed tensor of a composed op': [() => applyAll(composed, [disposedTensor([1])], undefined), 'disposed', 'twice:'],
});

const unknown: Op = { name: 'frobnicate', infer: (inputs) => inputs };
const composed: Op = { name: 'twice', infer: (inputs) => inputs, compose: ([x]) => [x.add(x)] };

it('runs ops of other authors', () => {
  expect([...applyAll(composed, [ones([2])], undefined)[0].dataSync()]).toEqual([2, 2]);
});

it('gives a composed op that returns its input a tensor of its own', () => {
  const same: Op = { name: 'same', infer: (inputs) => inputs, compose: ([x]) => [x] };
  const x = ones([2]);
  const [y] = applyAll(same, [x], undefined);
  expect(y).not.toBe(x);
  scope(() => x.dispose());
  expect([...y.dataSync()]).toEqual([1, 1]);
});
