import { dropout, Generator, memory, ones, resetPeakMemory, scope, type Tensor, tensor, Variable } from '@hebb/tensor';
import { expectClose, memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { checkpoint, grad, gradCheck, valueAndGrad } from './index.js';

const f64 = (...values: number[]) => tensor(Float64Array.from(values));

describe('checkpoint', () => {
  it('has the value and gradients of the function', () => {
    const f = (x: Tensor) => x.sin().exp().mul(x);
    expectClose(checkpoint(f)(f64(1, 2)), f(f64(1, 2)));
    expectClose(grad((x: Tensor) => checkpoint(f)(x).sum())(f64(1, 2)), grad((x: Tensor) => f(x).sum())(f64(1, 2)));
    gradCheck(checkpoint(f), [f64(1, 2, -1)]);
  });

  it('has second derivatives', () => {
    gradCheck((x) => grad((x: Tensor) => checkpoint((x: Tensor) => x.sin().mul(x))(x).sum())(x), [f64(1, 2, -1)]);
  });

  it('takes several inputs', () => {
    const [da, db] = grad((a: Tensor, b: Tensor) => checkpoint((a, b) => a.mul(b).exp())(a, b).sum())(f64(0.5), f64(2));
    expectClose(da, f64(2 * Math.E));
    expectClose(db, f64(0.5 * Math.E));
  });

  it('may return its input', () => {
    expectClose(
      grad((x: Tensor) =>
        checkpoint((x) => x)(x)
          .square()
          .sum(),
      )(f64(3)),
      f64(6),
    );
  });

  it('works within itself', () => {
    const inner = checkpoint((x) => x.sin().exp());
    expectClose(
      grad((x: Tensor) => checkpoint((x) => inner(inner(x)))(x).sum())(f64(0.3)),
      grad((x: Tensor) => x.sin().exp().sin().exp().sum())(f64(0.3)),
    );
  });

  it('gives variables their gradients', () => {
    const [w, v] = [new Variable(f64(2)), new Variable(f64(3))];
    const run = (wrap: typeof checkpoint) => {
      const { grads } = valueAndGrad(() => {
        const block = wrap((x) => x.mul(w.value).exp().mul(v.value));
        return block(block(f64(0.1)).mul(w.value)).sum();
      });
      return [w, v].map((variable) => grads.get(variable) as Tensor);
    };
    const [plain, saved] = [run((f) => f), run(checkpoint)];
    expectClose(saved[0], plain[0]);
    expectClose(saved[1], plain[1]);
  });

  it('draws the same random numbers again', () => {
    const run = (wrap: typeof checkpoint) => {
      const generator = new Generator(5);
      const w = new Variable(ones([64], 'float64'));
      const { value, grads } = valueAndGrad(() => {
        const block = wrap((x) => dropout(x.mul(w.value), 0.5, generator).square());
        return block(block(ones([64], 'float64'))).sum();
      });
      return { value, gradient: grads.get(w) as Tensor, next: generator.uniform([4]) };
    };
    const [plain, saved] = [run((f) => f), run(checkpoint)];
    expectClose(saved.value, plain.value);
    expectClose(saved.gradient, plain.gradient);
    // The stream goes on as if nothing had been computed twice.
    expectClose(saved.next, plain.next);
  });

  it('assigns statistics once', () => {
    const count = new Variable(f64(0), { trainable: false });
    const counted = checkpoint((x) => {
      count.assign(count.value.add(1));
      return x.square();
    });
    expectClose(grad((x: Tensor) => counted(x).sum())(f64(3)), f64(6));
    expectClose(count.value, f64(1));
  });

  it('needs less memory', () => {
    const peak = (wrap: typeof checkpoint) => {
      const before = memoryWithoutGarbage().liveBytes;
      resetPeakMemory();
      scope(() => {
        const block = wrap((x) => {
          let y = x;
          for (let i = 0; i < 8; i++) y = y.sin();
          return y;
        });
        grad((x: Tensor) => {
          let y = x;
          for (let i = 0; i < 8; i++) y = block(y);
          return y.sum();
        })(ones([1 << 16]));
      });
      return memory().peakBytes - before;
    };
    // 64 results are kept without, 8 and those of one block with.
    expect(peak(checkpoint)).toBeLessThan(peak((f) => f) / 2);
  });
});
