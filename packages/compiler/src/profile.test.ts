import { concat, Generator, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { compile, dotToSvg } from './index.js';

const x = new Generator(1).normal([64, 64]);
const step = compile((a: Tensor) => a.matmul(a).matmul(a).exp().sum());

describe('profile', () => {
  it('tells where the time of a step goes, by op and shapes', () => {
    const profile = step.profile(x);
    const product = profile.ops.find(({ op }) => op === 'matmul');
    expect(product).toMatchObject({ calls: 2, form: 'float32 [1, 64, 64] [1, 64, 64] → [1, 64, 64]' });
    expect(product?.where[0]).toMatch(/^profile\.test\.ts:\d+$/);
    const inside = profile.ops.reduce((sum, { ms }) => sum + ms, 0);
    expect(inside).toBeGreaterThan(0);
    expect(inside + profile.outsideMs).toBeCloseTo(Math.max(profile.ms, inside), 6);
    expect(String(profile)).toMatch(/ms a run[\s\S]*matmul float32[\s\S]*outside of ops/);
  });

  it('sums up the shapes of each op, and counts the operands of an op that has many', () => {
    const many = compile((a: Tensor) =>
      concat(Array.from({ length: 9 }, () => a))
        .matmul(a)
        .add(a.matmul(a).sum()),
    );
    const text = String(many.profile(x));
    expect(text).toMatch(/concat float32 \[1, 64, 64\] … of 9 operands → \[1, 576, 64\]/);
    expect(text).toMatch(/of all shapes[\s\S]* 2 {2}matmul\n[\s\S]*outside of ops$/);
  });
});

describe('pictures of a step', () => {
  it('are DOT of the last trace, and SVG through Graphviz', async () => {
    step.runSync(x);
    expect(step.dot()).toMatch(/^digraph step \{[\s\S]*matmul[\s\S]*\}\n$/);
    expect(await dotToSvg(step.dot())).toMatch(/<svg[\s\S]*matmul[\s\S]*<\/svg>/);
    expect(() => compile((a: Tensor) => a).dot()).toThrow(/not traced yet/);
  });
});
