import { grad } from '@hebb/autograd';
import { disposedTensor, expectClose, testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { clone, DTYPES, ones, type Tensor, tensor } from '../index.js';

describe.each(DTYPES)('%s', (dtype) => {
  it('has the same values in other memory', () => {
    const x = ones([2, 3], dtype);
    const y = clone(x);
    expectClose(y, x);
    x.dispose();
    expect(Number(y.dataSync()[0])).toBe(1);
  });
});

it('lets gradients through', () => {
  expectClose(grad((x: Tensor) => clone(x).square().sum())(tensor([1, 2])), [2, 4]);
});

testErrors({ 'a disposed tensor': [() => clone(disposedTensor([2])), 'disposed', 'copy:'] });
