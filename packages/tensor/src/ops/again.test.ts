import { grad } from '@hebb/autograd';
import { disposedTensor, expectClose, testErrors } from '@hebb/testing';
import { it } from 'vitest';
import { again, type Tensor, tensor } from '../index.js';

it('passes values and gradients, of gradients too', () => {
  const x = tensor([1, 2], { dtype: 'float64' });
  expectClose(again(x), x);
  const cube = (x: Tensor) => again(x).mul(again(x.square())).sum();
  expectClose(grad(cube)(x), [3, 12]);
  expectClose(grad((x: Tensor) => grad(cube)(x).sum())(x), [6, 12]);
});

testErrors({ 'a disposed tensor': [() => again(disposedTensor([2])), 'disposed', 'again:'] });
