import {
  dropout,
  Generator,
  keep,
  memory,
  ones,
  resetPeakMemory,
  scope,
  setMemoryBudget,
  type Tensor,
  Variable,
} from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { checkpoint, customGradient, grad, valueAndGrad } from './index.js';

/** How many more tensors there are after 100 runs, constants and first-time state apart. */
function leaked(step: () => void): number {
  step();
  step();
  const before = memoryWithoutGarbage().tensors;
  for (let i = 0; i < 100; i++) step();
  return memory().tensors - before;
}

const generator = new Generator(1);
const w = new Variable(generator.normal([8, 8]));
const b = new Variable(generator.normal([8]));
const x = keep(generator.normal([4, 8]));

function loss(): Tensor {
  return dropout(x.matmul(w.value, { bias: b.value }).relu(), 0.5, generator)
    .softmax(-1)
    .max(-1)
    .mean();
}

afterEach(() => setMemoryBudget(0));

describe('nothing is left after', () => {
  it('training steps', () => {
    const step = () => {
      scope(() => {
        const { grads } = valueAndGrad(loss);
        for (const [variable, gradient] of grads) variable.assign(variable.value.sub(gradient.mul(0.01)));
      });
    };
    expect(leaked(step)).toBeLessThanOrEqual(0);
  });

  it('steps whose results are disposed of by hand', () => {
    const step = () => {
      const { value, grads } = valueAndGrad(loss);
      value.dispose();
      for (const gradient of grads.values()) gradient.dispose();
    };
    expect(leaked(step)).toBeLessThanOrEqual(0);
  });

  it('exceptions inside', () => {
    const step = () => {
      expect(() =>
        valueAndGrad(() => {
          loss().exp();
          grad((y: Tensor) => y.mul(loss()).sum())(x);
          throw new Error('stop');
        }),
      ).toThrow('stop');
    };
    expect(leaked(step)).toBeLessThanOrEqual(0);
  });

  it('losses that are refused', () => {
    expect(leaked(() => expect(() => valueAndGrad(() => x.matmul(w.value))).toThrow('scalar'))).toBeLessThanOrEqual(0);
  });

  it('rules that throw', () => {
    const broken = customGradient((y) => ({
      value: y.exp(),
      gradient: () => {
        throw new Error('no rule');
      },
    }));
    const step = () => expect(() => valueAndGrad(() => broken(x.matmul(w.value)).sum())).toThrow('no rule');
    expect(leaked(step)).toBeLessThanOrEqual(0);
  });

  it('memory that ran out, in the forward or in the backward pass', () => {
    const large = keep(generator.normal([256, 256]));
    const bytes = 4 * 256 * 256;
    for (const budget of [0.5, 2.5, 4.5, 5.5]) {
      const step = () => {
        setMemoryBudget(memory().liveBytes + budget * bytes);
        const deep = () => valueAndGrad(() => large.matmul(large).exp().matmul(large).tanh().sum(), [large]);
        expect(deep).toThrow('memory budget');
        setMemoryBudget(0);
      };
      expect(leaked(step)).toBeLessThanOrEqual(0);
      expect(large.holds).toBe(0);
    }
    large.dispose();
  });

  it('gradients of gradients', () => {
    const twice = grad((y: Tensor) =>
      grad((z: Tensor) => z.tanh().matmul(w.value).exp().sum())(y)
        .square()
        .sum(),
    );
    expect(leaked(() => twice(x).dispose())).toBeLessThanOrEqual(0);
  });

  it('checkpoints and custom gradients', () => {
    const square = customGradient((y) => ({ value: y.square(), gradient: (g) => g.mul(y).mul(2) }));
    const block = checkpoint((y) => square(dropout(y.matmul(w.value), 0.1, generator)));
    const step = () => {
      const { value, grads } = valueAndGrad(() => block(block(x)).mean());
      value.dispose();
      for (const gradient of grads.values()) gradient.dispose();
    };
    expect(leaked(step)).toBeLessThanOrEqual(0);
  });
});

describe('what is needed stays', () => {
  it('after the sources and variables were used', () => {
    valueAndGrad(loss);
    expect([x.disposed, w.value.disposed, b.value.disposed]).toEqual([false, false, false]);
    expect([x.holds, w.peek().holds]).toEqual([0, 0]);
  });

  it('where a tensor was made before the tape', () => {
    scope(() => {
      const y = ones([2]).exp();
      valueAndGrad(() => y.square().sum(), [y]);
      expect(y.disposed).toBe(false);
    });
  });

  it('where a value leaves beside the loss', () => {
    scope(() => {
      const { value } = valueAndGrad(() => {
        const hidden = x.matmul(w.value);
        return [hidden.relu().sum(), hidden] as const;
      });
      expect(value[1].disposed).toBe(false);
      expect(value[1].dataSync()).toHaveLength(32);
    });
  });
});

describe('memory of a deep chain', () => {
  const SIZE = 1 << 16;
  const BYTES = 4 * SIZE;

  function peak(depth: number, layer: (y: Tensor) => Tensor): number {
    const before = memoryWithoutGarbage().liveBytes;
    resetPeakMemory();
    scope(() => {
      grad((y: Tensor) => {
        let z = y;
        for (let i = 0; i < depth; i++) z = layer(z);
        return z.sum();
      })(ones([SIZE]));
    });
    return (memory().peakBytes - before) / BYTES;
  }

  it('is one result a layer, and a few gradients at the end', () => {
    expect(peak(50, (y) => y.sin())).toBeLessThan(50 + 6);
  });

  it('holds no gradient longer than it is used', () => {
    // The forward pass keeps 50 results; if the backward pass freed nothing there would be 100.
    expect(peak(50, (y) => y.exp())).toBeLessThan(50 + 6);
    expect(peak(25, (y) => y.exp().add(y))).toBeLessThan(50 + 8);
  });
});
