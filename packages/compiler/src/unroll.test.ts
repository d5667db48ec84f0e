import { currentReader, Generator, memory, scope, type Tensor, tensor, Variable, zeros } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from './index.js';

/** Does something on the host before every run. */
function everyRun(effect: () => void, takeBack: () => void = () => {}): void {
  currentReader().onRun(() => {
    effect();
    return takeBack;
  });
}

describe('unroll', () => {
  const accumulator = () => {
    const total = new Variable(zeros([2]), { trainable: false });
    const generator = new Generator(4);
    const fn = (x: Tensor<'float32'>, { scale }: { scale: Tensor<'float32'> }) => {
      total.assign(total.value.add(x.mul(scale)));
      return { total: total.value, noise: generator.uniform([2]) };
    };
    return { total, fn };
  };
  const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a table
  const scale = tensor([1, 10, 100]);

  it('makes as many runs as one by one, and stacks their results', async () => {
    const [alone, together] = [accumulator(), accumulator()];
    const one = compile(alone.fn);
    const three = compile(together.fn, { unroll: 3 });
    const expected = [0, 1, 2].map((i) => one.runSync(tensor([2 * i + 1, 2 * i + 2]), { scale: tensor(10 ** i) }));
    const result = three.runSync(x, { scale });
    expect(result.total.toArray()).toEqual(expected.map(({ total }) => total.toArray()));
    expect(result.noise.toArray()).toEqual(expected.map(({ noise }) => noise.toArray()));
    expect(together.total.value.toArray()).toEqual([531, 642]);
    const later = await three(x, { scale });
    expect([...later.total.dataSync()].slice(4)).toEqual([1062, 1284]);
  });

  it('gives each run what the host does before it', () => {
    const rate = new Variable(zeros([]), { trainable: false });
    let count = 0;
    const step = compile(
      (v: Tensor) => {
        everyRun(() => rate.store(tensor(++count)));
        return v.mul(rate.value);
      },
      { unroll: 3 },
    );
    expect(step.runSync(tensor([1, 1, 1])).toArray()).toEqual([1, 2, 3]);
    expect(step.runSync(tensor([1, 1, 1])).toArray()).toEqual([4, 5, 6]);
    scope(() => void step.runSync(tensor([1, 1, 1])));
    const before = memoryWithoutGarbage().tensors;
    scope(() => void step.runSync(tensor([1, 1, 1])));
    expect(memory().tensors).toBe(before);
  });

  it('keeps what the runs before one that fails did', () => {
    const total = new Variable(zeros([1, 3]), { trainable: false });
    let count = 0;
    const step = compile(
      (label: Tensor<'int32'>) => {
        everyRun(
          () => void count++,
          () => void count--,
        );
        total.assign(total.value.add(1));
        return total.value.softmaxCrossEntropy(label);
      },
      { unroll: 3 },
    );
    expect(() => step.runSync(tensor(Int32Array.of(0, 9, 0)).reshape([3, 1]))).toThrow(/softmaxCrossEntropy.*9/);
    expect([total.value.toArray(), count]).toEqual([[[1, 1, 1]], 1]);
  });

  it('does the same uncompiled', () => {
    const { fn } = accumulator();
    const step = compile(fn, { unroll: 3 });
    expect(compile.disabled(() => step.runSync(x, { scale }).total.toArray())).toEqual([[1, 2], [31, 42], [531, 642]]); // biome-ignore format: a table
  });

  it('refuses counts and arguments that do not fit', () => {
    for (const unroll of [0, -1, 1.5, NaN])
      expect(() => compile((v: Tensor) => v, { unroll })).toThrow(/unroll: expected a whole/);
    expect(() => compile((v: Tensor) => v.neg(), { unroll: 2 }).runSync(x)).toThrow(/every argument is \[2, \.\.\.\].*\[3, 2\]/);
    expect(() => compile((v: Tensor) => v.neg(), { unroll: 2 }).runSync(tensor(1))).toThrow(/every argument is/);
  });
});
