import { type Tensor, tensor, Variable } from '@hebb/tensor';
import { expectClose, expectHebbError } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { customGradient, grad, gradCheck, valueAndGrad } from './index.js';

const f64 = (...values: number[]) => tensor(Float64Array.from(values));
const softplus = customGradient((x) => ({ value: x.exp().add(1).log(), gradient: (g) => g.mul(x.sigmoid()) }));

describe('customGradient', () => {
  it('uses its own rule', () => {
    const doubled = customGradient((x) => ({ value: x.square(), gradient: (g) => g.mul(x).mul(4) }));
    expectClose(doubled(f64(3)), f64(9));
    expectClose(grad((x: Tensor) => doubled(x).sum())(f64(3)), f64(12));
  });

  it('can be differentiated twice', () => {
    gradCheck(softplus, [f64(-1, 0.5, 2)]);
    gradCheck((x) => grad((x: Tensor) => softplus(x).sum())(x), [f64(-1, 0.5, 2)]);
  });

  it('has one gradient for each of several inputs, some perhaps none', () => {
    const product = customGradient((a, b) => ({ value: a.mul(b), gradient: (g) => [g.mul(b), undefined] }));
    const [da, db] = grad((a: Tensor, b: Tensor) => product(a, b).sum())(f64(2), f64(5));
    expectClose(da, f64(5));
    expectClose(db, f64(0));
  });

  it('may have its input for its value, as gradient reversal does', () => {
    const reversed = customGradient((x) => ({ value: x, gradient: (g) => g.mul(-2) }));
    expectClose(grad((x: Tensor) => reversed(x).mul(f64(3)).sum())(f64(1)), f64(-6));
    expectClose(grad((x: Tensor) => reversed(x.square()).add(x).sum())(f64(5)), f64(-20 + 1));
    expectClose(grad((x: Tensor) => reversed(reversed(x)).sum())(f64(5)), f64(4));
  });

  it('is a plain function without a tape', () => {
    expectClose(softplus(f64(0)), f64(Math.log(2)));
  });

  it('takes variables inside for constants', () => {
    const w = new Variable(f64(3));
    const times = customGradient((x) => ({ value: x.mul(w.value), gradient: (g) => g.mul(w.value) }));
    const x = f64(2);
    const { grads } = valueAndGrad(() => times(x).sum(), [x, w]);
    expectClose(grads.get(x) as Tensor, f64(3));
    expectClose(grads.get(w) as Tensor, f64(0));
  });

  it('wants as many gradients as inputs', () => {
    const wrong = customGradient((a, b) => ({ value: a.add(b), gradient: (g) => [g] }));
    expectHebbError(() => grad((a: Tensor) => wrong(a, a).sum())(f64(1)), 'argument', 'customGradient:', '2', '1');
  });
});

describe('gradCheck', () => {
  it('finds a wrong rule, and names the element', () => {
    const wrong = customGradient((x) => ({ value: x.square(), gradient: (g) => g.mul(x) }));
    expectHebbError(() => gradCheck(wrong, [f64(1, 2)]), 'range', 'gradCheck:', 'element 0', 'input 0');
    const second = customGradient((a, b) => ({ value: a.mul(b), gradient: (g) => [g.mul(b), g.mul(b)] }));
    expectHebbError(() => gradCheck(second, [f64(2, 2), f64(2, 3)]), 'range', 'element 1', 'input 1');
  });

  it('finds NaN', () => {
    const broken = customGradient((x) => ({ value: x, gradient: (g) => g.mul(Number.NaN) }));
    expectHebbError(() => gradCheck(broken, [f64(1)]), 'range', 'NaN');
  });

  it('returns the largest difference', () => {
    const worst = gradCheck((x) => x.sin(), [f64(1, 2, 3)]);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(1e-8);
  });

  it('wants float64', () => {
    expectHebbError(
      () => gradCheck((x) => x, JSON.parse('[{"dtype":"float32","shape":[2]}]')),
      'dtype',
      'gradCheck:',
      'float32 [2]',
    );
  });
});
