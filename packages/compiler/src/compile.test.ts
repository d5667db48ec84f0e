import { valueAndGrad } from '@hebb/autograd';
import { Generator, HebbError, memory, scalar, scope, sgdUpdate, type Tensor, tensor, Variable, zeros } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from './index.js';

function network(seed: number) {
  const random = new Generator(seed);
  const parameters = [[2, 4], [4], [4, 2], [2], [2, 1], [1]].map((shape) => new Variable(random.normal(shape)));
  const rate = new Variable(scalar(0.03), { trainable: false });
  const step = (x: Tensor, y: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => {
      const [w1, b1, w2, b2, w3, b3] = parameters.map((parameter) => parameter.value);
      const h = x.matmul(w1, { bias: b1 }).tanh().matmul(w2, { bias: b2 }).tanh();
      return h.matmul(w3, { bias: b3 }).sub(y).square().mean();
    });
    for (const [parameter, gradient] of grads) {
      const options = { momentum: 0, nesterov: false, weightDecay: 0 };
      parameter.assign(sgdUpdate(parameter.value, gradient, rate.value as Tensor, undefined, options)[0]);
    }
    return value;
  };
  return { parameters, step };
}

const x = new Generator(1).normal([10, 2]);
const y = new Generator(2).normal([10, 1]);

describe('compile', () => {
  it('trains as eager code does, to the bit', () => {
    const eager = network(3);
    const compiled = network(3);
    const step = compile(compiled.step);
    for (let i = 0; i < 20; i++) {
      const expected = scope(() => eager.step(x, y).itemSync());
      expect(scope(() => step.runSync(x, y).itemSync())).toBe(expected);
    }
    compiled.parameters.forEach(
      (parameter, i) => void expect(parameter.value.dataSync()).toEqual(eager.parameters[i].value.dataSync()),
    );
  });

  it('leaves nothing behind', () => {
    const step = compile(network(3).step);
    scope(() => void step.runSync(x, y));
    const before = memoryWithoutGarbage();
    for (let i = 0; i < 50; i++) scope(() => void step.runSync(x, y));
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().liveBytes).toBe(before.liveBytes);
  });

  it('resolves to the result', async () => {
    const double = compile((a: Tensor) => a.mul(2));
    expect((await double(tensor([1, 2]))).toArray()).toEqual([2, 4]);
  });

  it('is traced anew for other shapes, dtypes and plain arguments, and says so', () => {
    let traces = 0;
    const scale = compile((a: Tensor, by: number) => {
      traces++;
      return a.mul(by);
    });
    expect(scale.runSync(tensor([1, 2]), 3).toArray()).toEqual([3, 6]);
    expect(scale.runSync(tensor([1, 2]), 3).toArray()).toEqual([3, 6]);
    expect(traces).toBe(1);
    expect(scale.runSync(tensor([1, 2]), 4).toArray()).toEqual([4, 8]);
    expect(scale.runSync(tensor([1]), 4).toArray()).toEqual([4]);
    expect(scale.runSync(tensor([1], { dtype: 'int32' }), 4).toArray()).toEqual([4]);
    expect(traces).toBe(4);
    expect(scale.explain()).toContain('new arguments: [ int32[1] number 4 ]');
  });

  it('takes and returns structures', () => {
    const step = compile(({ a, rest }: { a: Tensor; rest: Tensor[] }) => ({
      sum: a.add(rest[0]),
      same: a,
      list: [rest[1], rest[1]],
      name: 'n',
    }));
    const result = step.runSync({ a: tensor([1]), rest: [tensor([2]), tensor([5])] });
    expect(result.sum.toArray()).toEqual([3]);
    expect(result.same.toArray()).toEqual([1]);
    expect(result.list.map((t) => t.toArray())).toEqual([[5], [5]]);
    expect(result.name).toBe('n');
  });

  it('moves random numbers on', () => {
    const eager = new Generator(5);
    const generator = new Generator(5);
    const draw = compile(() => generator.uniform([3]));
    for (let i = 0; i < 3; i++) expect(draw.runSync().toArray()).toEqual(eager.uniform([3]).toArray());
  });

  it('moves random numbers on within a step, beside gradients too', () => {
    const [eager, generator] = [new Generator(5), new Generator(5)];
    const w = new Variable(tensor([1, 2, 3]));
    const noisy = (random: Generator) => () =>
      valueAndGrad(() =>
        w.value
          .mul(random.uniform([3]))
          .add(random.uniform([3]))
          .sum(),
      ).value;
    const draw = compile(noisy(generator));
    for (let i = 0; i < 3; i++) expect(draw.runSync().itemSync()).toBe(noisy(eager)().itemSync());
    expect(generator.state.value.dataSync()).toEqual(eager.state.value.dataSync());
  });

  it('runs as written when disabled', () => {
    const step = compile((a: Tensor) => a.add(Number(a.itemSync())));
    expect(compile.disabled(() => step.runSync(tensor([2])).toArray())).toEqual([4]);
  });

  it('refuses what it cannot compile', () => {
    expect(() => compile((a: Tensor) => a.mul(Number(a.itemSync()))).runSync(tensor([1]))).toThrow(
      /read while a step was compiled \(compile\.test\.ts:\d+\)/,
    );
    expect(() => compile(() => Promise.resolve(1)).runSync()).toThrow(/synchronous/);
    expect(() => compile((a: Date) => a).runSync(new Date())).toThrow(/Date/);
    let leaked: Tensor | undefined;
    compile((a: Tensor) => {
      leaked = a.add(1);
      return leaked;
    }).runSync(tensor([1]));
    expect(() => compile((a: Tensor) => a.add(leaked as Tensor)).runSync(tensor([1]))).toThrow(/another trace/);
    expect(() => (leaked as Tensor).add(1)).toThrow(HebbError);
  });

  it('can be called after an exception while tracing', () => {
    let fail = true;
    const step = compile((a: Tensor) => {
      if (fail) throw new Error('not yet');
      return a.add(1);
    });
    expect(() => step.runSync(tensor([1]))).toThrow('not yet');
    fail = false;
    expect(step.runSync(tensor([1])).toArray()).toEqual([2]);
  });
});

describe('variables in a compiled step', () => {
  it('that were read before keep the value that was read', () => {
    const v = new Variable(tensor([1, 2]));
    const step = compile(() => v.assign(v.value.add(1)));
    const before = v.value;
    step.runSync();
    step.runSync();
    expect(before.toArray()).toEqual([1, 2]);
    expect(v.value.toArray()).toEqual([3, 4]);
  });

  it('may be assigned twice, read after, swapped and returned', () => {
    const a = new Variable(tensor([1]));
    const b = new Variable(tensor([10]));
    const step = compile(() => {
      a.assign(a.value.add(1));
      a.assign(a.value.mul(2));
      const [first, second] = [a.value, b.value];
      a.assign(second);
      b.assign(first);
      return [first, a.value, b.value];
    });
    expect(step.runSync().map((t) => t.toArray())).toEqual([[4], [10], [4]]);
    expect([a.value.toArray(), b.value.toArray()]).toEqual([[10], [4]]);
    expect(step.runSync().map((t) => t.toArray())).toEqual([[22], [4], [22]]);
  });

  it('stay as they were when a later op fails, and the next run works', () => {
    const v = new Variable(zeros([2, 3]));
    const step = compile((labels: Tensor<'int32'>) => {
      v.assign(v.value.add(1));
      return v.value.softmaxCrossEntropy(labels);
    });
    const wrong = tensor(Int32Array.of(0, 3));
    expect(() => step.runSync(wrong)).toThrow(/softmaxCrossEntropy: .*3.*in a compiled step, from compile\.test\.ts:\d+/);
    expect(v.value.toArray()).toEqual(zeros([2, 3]).toArray());
    step.runSync(tensor(Int32Array.of(0, 2)));
    expect(v.value.toArray()).toEqual([[1, 1, 1], [1, 1, 1]]); // biome-ignore format: a table
  });

  it('see what is assigned between runs', () => {
    const v = new Variable(tensor([1]));
    const step = compile((a: Tensor) => a.mul(v.value));
    expect(step.runSync(tensor([3])).toArray()).toEqual([3]);
    v.assign(tensor([5]));
    expect(step.runSync(tensor([3])).toArray()).toEqual([15]);
    v.dispose();
    expect(() => step.runSync(tensor([3]))).toThrow(/disposed/);
  });

  it('take one tensor as two arguments', () => {
    const step = compile((a: Tensor, b: Tensor) => a.sub(b));
    const t = tensor([1]);
    expect(step.runSync(t, t).toArray()).toEqual([0]);
  });
});

describe('compile.check', () => {
  it('passes a step that compiles well, and puts its variables back', () => {
    const { parameters, step } = network(3);
    const before = parameters.map((parameter) => parameter.value.dataSync());
    expect(compile.check(step, x, y)).toBeLessThan(1e-6);
    parameters.forEach((parameter, i) => void expect(parameter.value.dataSync()).toEqual(before[i]));
  });

  it('finds a number, a tensor and a branch that would be frozen', () => {
    let calls = 0;
    expect(() => compile.check((a: Tensor) => a.mul(++calls), x)).toThrow(
      /a constant is 2 in one and 3 in the other, in mul from compile\.test\.ts:\d+/,
    );
    expect(() => compile.check((a: Tensor) => a.add(tensor([++calls])), x)).toThrow(/constant/);
    expect(() => compile.check((a: Tensor) => (calls++ % 2 === 0 ? a.exp() : a.tanh()), x)).toThrow(/differ from here on.*exp/s);
  });

  it('accepts random numbers, which move on by themselves', () => {
    const generator = new Generator(1);
    const state = generator.state.value.dataSync();
    expect(compile.check((a: Tensor) => a.add(generator.normal(a.shape)), x)).toBe(0);
    expect(generator.state.value.dataSync()).toEqual(state);
  });
});
