import { disposedTensor, expectHebbError, memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { type DType, memory, ones, scope, type Tensor, tensor, Variable, zeros } from './index.js';

describe('Variable', () => {
  it('has the dtype, shape and name of what it holds', () => {
    using v = new Variable(ones([2, 3], 'float64'), { name: 'weight', trainable: false });
    expect([v.name, v.trainable, v.dtype, v.shape, v.size]).toEqual(['weight', false, 'float64', [2, 3], 6]);
    using w = new Variable(ones([1]));
    expect([w.name, w.trainable]).toEqual(['variable', true]);
  });

  it('keeps its memory when the first value is disposed', () => {
    const first = ones([2]);
    using v = new Variable(first);
    first.dispose();
    expect([...v.value.dataSync()]).toEqual([1, 1]);
  });

  it('leaves values read before an assignment as they were', () => {
    using v = new Variable(tensor([1, 2]));
    const before = v.value;
    v.assign(before.mul(10));
    expect([...before.dataSync()]).toEqual([1, 2]);
    expect([...v.value.dataSync()]).toEqual([10, 20]);
  });

  it('may be assigned itself', () => {
    using v = new Variable(tensor([1, 2]));
    v.assign(v.value);
    expect([...v.value.dataSync()]).toEqual([1, 2]);
  });

  it('frees the old value on assignment, and everything when disposed', () => {
    const before = memoryWithoutGarbage().liveBytes;
    const v = new Variable(scope(() => zeros([1000])));
    for (let i = 0; i < 50; i++) scope(() => v.assign(v.value.add(1)));
    v.dispose();
    v.dispose();
    expect(memory().liveBytes - before).toBeLessThan(4096);
    expectHebbError(() => v.value, 'disposed', 'variable');
    expectHebbError(() => v.assign(zeros([1000])), 'disposed', 'variable');
  });

  it('refuses what is not like its value', () => {
    using v = new Variable<DType>(ones([2]), { name: 'bias' });
    expectHebbError(() => v.assign(ones([3])), 'shape', 'assign:', 'bias', 'float32 [2]', 'float32 [3]');
    expectHebbError(() => v.assign(ones([2], 'int32')), 'dtype', 'assign:', 'bias', 'float32 [2]', 'int32 [2]');
    expectHebbError(() => v.assign(disposedTensor([2])), 'disposed');
    expect([...(v.value as Tensor<'float32'>).dataSync()]).toEqual([1, 1]);
  });
});

describe('what is no tensor', () => {
  it('is refused by name', () => {
    expectHebbError(() => new Variable(3 as never), 'argument', 'Variable', '3, which is no tensor');
    expectHebbError(() => new Variable(zeros([1])).assign([1] as never), 'dtype', 'an array, which is no tensor');
    expectHebbError(() => zeros([1]).matmul(3 as never), 'shape', 'matmul', '3, which is no tensor');
    expectHebbError(() => zeros([1, 2, 2, 1]).conv2d(undefined as never), 'shape', 'conv2d', 'undefined, which is no tensor');
  });
});
