import { type DType, ones, scalar, scope, type Tensor, tensor, Variable, zeros } from '@hebb/tensor';
import { expectClose, expectHebbError } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { grad, stopGradient, valueAndGrad } from './index.js';

const f64 = (...values: number[]) => tensor(Float64Array.from(values));

describe('valueAndGrad', () => {
  it('differentiates with respect to the trainable variables that were read', () => {
    const w = new Variable(f64(1, 2));
    const frozen = new Variable(f64(3, 4), { trainable: false });
    const unread = new Variable(f64(5));
    const { value, grads } = valueAndGrad(() => w.value.mul(frozen.value).square().sum());
    expect(value.itemSync()).toBe(9 + 64);
    expect([...grads.keys()]).toEqual([w]);
    expect(grads.has(unread)).toBe(false);
    expectClose(grads.get(w) as Tensor, f64(18, 64));
  });

  it('adds up what several uses give', () => {
    const w = new Variable(f64(3));
    const { grads } = valueAndGrad(() => w.value.mul(w.value).add(w.value).sum());
    expectClose(grads.get(w) as Tensor, f64(7));
  });

  it('takes variables and tensors by name, frozen ones too', () => {
    const w = new Variable(f64(2), { trainable: false });
    const other = new Variable(f64(7));
    const x = f64(5);
    const { grads } = valueAndGrad(() => w.value.mul(x).mul(other.value).sum(), [x, w]);
    expect([...grads.keys()]).toEqual([x, w]);
    expectClose(grads.get(x) as Tensor, f64(14));
    expectClose(grads.get(w) as Tensor, f64(35));
  });

  it('gives zeros for what the loss does not depend on', () => {
    const [x, unused] = [f64(1), ones([2, 3])];
    const [w, read] = [new Variable(zeros([4])), new Variable(zeros([2]))];
    const { grads } = valueAndGrad(() => {
      read.value.exp();
      return x.square().sum();
    }, [x, unused, w, read]);
    expectClose(grads.get(unused) as Tensor, zeros([2, 3]));
    expectClose(grads.get(w) as Tensor, zeros([4]));
    expectClose(grads.get(read) as Tensor, zeros([2]));
  });

  it('gives zeros for a constant loss', () => {
    const x = f64(1, 2);
    expectClose(valueAndGrad(() => scalar(3, 'float64'), [x]).grads.get(x) as Tensor, f64(0, 0));
    const w = new Variable(x);
    expect(valueAndGrad(() => scalar(3)).grads.size).toBe(0);
    expectClose(valueAndGrad(() => w.value.greater(0).cast('float64').sum()).grads.get(w) as Tensor, f64(0, 0));
  });

  it('lets more than the loss out', () => {
    const x = f64(1, 2);
    const { value, grads } = valueAndGrad(() => {
      const hidden = x.exp();
      return [hidden.sum(), hidden, { note: 'aux' }] as const;
    }, [x]);
    const [loss, hidden, { note }] = value;
    expect(note).toBe('aux');
    expectClose(loss, f64(Math.E + Math.E ** 2).sum());
    expectClose(hidden, f64(Math.E, Math.E ** 2));
    expectClose(grads.get(x) as Tensor, f64(Math.E, Math.E ** 2));
  });

  it('lets a source itself be the loss', () => {
    const x = scalar(5, 'float64');
    const { value, grads } = valueAndGrad(() => x, [x]);
    expect(value).toBe(x);
    expect(x.disposed).toBe(false);
    expectClose(grads.get(x) as Tensor, scalar(1, 'float64'));
  });

  it('takes a loss of one element with axes', () => {
    const x = f64(3);
    expectClose(valueAndGrad(() => x.square(), [x]).grads.get(x) as Tensor, f64(6));
  });

  it('differentiates with respect to the first value of a variable that is assigned inside', () => {
    const w = new Variable(f64(2));
    const { value, grads } = valueAndGrad(() => {
      const before = w.value.square();
      w.assign(f64(10));
      return before.add(w.value).sum();
    });
    expect(value.itemSync()).toBe(14);
    expectClose(grads.get(w) as Tensor, f64(4));
  });

  it('keeps the dtype of each source', () => {
    const [a, b] = [ones([2]), ones([2]).cast('bfloat16')];
    const { grads } = valueAndGrad(() => a.mul(b.cast('float32')).sum(), [a, b]);
    expect([grads.get(a)?.dtype, grads.get(b)?.dtype]).toEqual(['float32', 'bfloat16']);
  });

  it('names what is wrong', () => {
    const x = ones([2]);
    expectHebbError(() => valueAndGrad(() => x.exp(), [x]), 'shape', 'valueAndGrad:', 'scalar', 'float32 [2]', 'mean()');
    expectHebbError(() => valueAndGrad(() => x.sum().cast('int32'), [x]), 'dtype', 'valueAndGrad:', 'int32');
    expectHebbError(() => valueAndGrad(() => x.sum(), [ones([1], 'int32')]), 'dtype', 'valueAndGrad:', 'int32 [1]');
    expectHebbError(() => valueAndGrad(() => x.sum(), JSON.parse('[3]')), 'argument', 'valueAndGrad:', 'number');
    expectHebbError(() => valueAndGrad(JSON.parse.bind(null, '3')), 'argument', 'valueAndGrad:', 'loss tensor');
    expectHebbError(() => valueAndGrad(JSON.parse.bind(null, '[]')), 'argument', 'valueAndGrad:', 'loss tensor');
    x.dispose();
    expectHebbError(() => valueAndGrad(() => x.sum(), [x]), 'disposed', 'sum:');
  });

  it('refuses promises', () => {
    const loss = async () => ones([]);
    expectHebbError(() => valueAndGrad(loss as () => never), 'argument');
  });
});

describe('a tensor disposed inside the function', () => {
  it('is an error where the gradient needs it', () => {
    const x = f64(1, 2);
    const loss = () => {
      const y = x.exp();
      const z = y.mul(y).sum();
      y.dispose();
      return z;
    };
    expectHebbError(() => valueAndGrad(loss, [x]), 'disposed', 'float64', '[2]');
    expect(x.holds).toBe(0);
  });

  it('is none where it does not', () => {
    const x = f64(1, 2);
    const loss = () => {
      const y = x.add(x);
      const z = y.add(1).sum();
      y.dispose();
      return z;
    };
    expectClose(valueAndGrad(loss, [x]).grads.get(x) as Tensor, f64(2, 2));
  });
});

describe('grad', () => {
  it('has the shape of its argument', () => {
    expectClose(grad((x: Tensor) => x.square().sum())(f64(1, 2, 3)), f64(2, 4, 6));
  });

  it('gives one gradient for each of several arguments', () => {
    const [da, db] = grad((a: Tensor, b: Tensor) => a.mul(b.square()).sum())(f64(2, 3), f64(5, 7));
    expectClose(da, f64(25, 49));
    expectClose(db, f64(20, 42));
  });

  it('gives both gradients of one tensor passed twice', () => {
    const x = f64(3);
    const [da, db] = grad((a: Tensor, b: Tensor) => a.mul(b).sum())(x, x);
    // One tensor is one source: each of the two gets the whole derivative.
    expectClose(da, f64(6));
    expectClose(db, f64(6));
  });

  it('can be taken of itself, three times', () => {
    const cube = (x: Tensor) => x.mul(x).mul(x).sum();
    const sum = (f: (x: Tensor) => Tensor) => (x: Tensor) => f(x).sum();
    const first = grad(cube);
    const second = grad(sum(first));
    const third = grad(sum(second));
    expectClose(first(f64(2)), f64(12));
    expectClose(second(f64(2)), f64(12));
    expectClose(third(f64(2)), f64(6));
    expectClose(grad(sum(third))(f64(2)), f64(0));
  });

  it('has third derivatives through fused gradient kernels', () => {
    const sum = (f: (x: Tensor) => Tensor) => (x: Tensor) => f(x).sum();
    const third = (f: (x: Tensor) => Tensor) => grad(sum(grad(sum(grad(sum(f))))));
    const t = Math.tanh(0.5);
    const s = 1 - t * t;
    expectClose(third((x) => x.tanh())(f64(0.5)), f64(-2 * s * (1 - 3 * t * t)));
    expectClose(third((x) => x.exp())(f64(0.5)), f64(Math.exp(0.5)));
    expectClose(third((x) => x.sin())(f64(0.5)), f64(-Math.cos(0.5)));
    const softmax = third((x) =>
      x
        .reshape([1, 1])
        .concat([zeros([1, 1], 'float64')], 1)
        .softmax(-1)
        .slice([0, 0], [1, 1]),
    );
    const p = 1 / (1 + Math.exp(-0.5));
    expectClose(softmax(f64(0.5)), f64(p * (1 - p) * (1 - 6 * p + 6 * p * p)));
  });

  it("mixes with valueAndGrad: the gradient of a gradient's norm", () => {
    const w = new Variable(f64(1, 2));
    const { grads } = valueAndGrad(() => {
      const v = w.value;
      return grad((x: Tensor) => x.mul(x).mul(x).sum())(v)
        .square()
        .sum();
    });
    // Σ (3w²)² → 36w³
    expectClose(grads.get(w) as Tensor, f64(36, 288));
  });

  it('takes variables into account inside an inner gradient', () => {
    const w = new Variable(f64(3));
    const { grads } = valueAndGrad(() => grad((x: Tensor) => x.square().mul(w.value).sum())(f64(2)).sum());
    // d/dw (2·x·w) = 2x
    expectClose(grads.get(w) as Tensor, f64(4));
  });
});

describe('stopGradient', () => {
  it('makes a constant', () => {
    expectClose(grad((x: Tensor) => x.mul(stopGradient(x.square())).sum())(f64(3)), f64(9));
    expectClose(grad((x: Tensor) => stopGradient(x).sum())(f64(3)), f64(0));
  });
});

describe('scopes', () => {
  it('inside the function free only what is not needed', () => {
    const x = f64(1, 2);
    const f = (x: Tensor<DType>) => scope(() => scope(() => x.exp()).mul(scope(() => x.square().neg().neg()))).sum();
    expectClose(grad(f)(x), f64(...[1, 2].map((v) => Math.exp(v) * (v * v + 2 * v))));
  });
});
