import { grad, gradCheck } from '@hebb/autograd';
import { disposedTensor, expectClose, hasCuda, testErrors } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { DTYPES, ones, scope, type Tensor, tensor, to, zeros } from '../index.js';

it('is the tensor itself where it is there already', () => {
  const x = ones([2]);
  expect(to(x, 'cpu')).toBe(x);
  expect(x.to('cpu')).toBe(x);
});

testErrors({
  'a device of another name': [() => to(ones([2]), JSON.parse('"gpu"')), 'argument', 'to:', "'cpu' or 'cuda'", '"gpu"'],
  'a number for a device': [() => to(ones([2]), JSON.parse('0')), 'argument', 'to:', '0'],
});

describe.skipIf(!hasCuda())('on a GPU', () => {
  it.each(DTYPES)('carries %s there and back', (dtype) => {
    const x = tensor([0, 1, 2, 250, 3, 7], { shape: [2, 3] }).cast(dtype);
    const there = x.to('cuda');
    expect(there.device).toBe('cuda');
    expectClose(there, x);
    expect(there.to('cpu').device).toBe('cpu');
    expectClose(there.to('cpu'), x, { what: 'what came back' });
    expect(zeros([0, 2], dtype).to('cuda').to('cpu').shape).toEqual([0, 2]);
  });

  it('leaves the first where it was, in memory of its own', () => {
    const x = tensor([1, 2]);
    const there = x.to('cuda');
    x.dispose();
    expect(there.toArray()).toEqual([1, 2]);
  });

  it('lets gradients back to where x is, and gradients of gradients', () => {
    const cubes = (x: Tensor) => x.to('cuda').pow(3).to('cpu').mul(2).sum();
    const slope = grad(cubes)(tensor([1, 2])) as Tensor;
    expect(slope.device).toBe('cpu');
    expectClose(slope, [6, 24]);
    const x = tensor(Float64Array.of(0.5, 1.5));
    scope(() => gradCheck((y: Tensor) => y.to('cuda').sin().to('cpu').square(), [x]));
    scope(() => gradCheck((y: Tensor) => grad(cubes)(y) as Tensor, [x]));
  });

  testErrors({ 'a disposed tensor': [() => to(disposedTensor([2]), 'cuda'), 'disposed', 'to:'] });
});
