import { grad } from '@hebb/autograd';
import { disposedTensor, expectClose, testErrors } from '@hebb/testing';
import { it } from 'vitest';
import { stopGradient, type Tensor, tensor } from '../index.js';

it('keeps values and stops gradients', () => {
  const x = tensor([1, 2]);
  expectClose(stopGradient(x), x);
  expectClose(grad((x: Tensor) => x.mul(stopGradient(x)).sum())(x), [1, 2]);
});

testErrors({ 'a disposed tensor': [() => stopGradient(disposedTensor([2])), 'disposed', 'stopGradient:'] });
