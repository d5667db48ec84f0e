import { inspect } from 'node:util';
import { checkpoint, grad, valueAndGrad } from '@hebb/autograd';
import { full, Generator, HebbError, scope, type Tensor, tensor, Variable, where, zeros } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { compile } from './index.js';

describe('a compiled function', () => {
  it('is differentiated by a tape around it', () => {
    const square = compile((x: Tensor) => x.square().sum());
    expect(grad((x: Tensor) => square.runSync(x))(tensor([3])).toArray()).toEqual([6]);
    const w = new Variable(tensor([2]));
    const { grads } = valueAndGrad(() => compile(() => w.value.square().sum()).runSync());
    expect(grads.get(w)?.toArray()).toEqual([4]);
  });

  it('is a part of another one that calls it', () => {
    const generator = new Generator(1);
    const draw = compile(() => generator.uniform([1]));
    const twice = compile((x: Tensor) => x.add(draw.runSync()));
    const [first, second] = [twice.runSync(zeros([1])).toArray(), twice.runSync(zeros([1])).toArray()];
    expect(first).not.toEqual(second);
  });

  it('runs as written until a promise of compile.disabled is settled', async () => {
    let runs = 0;
    const step = compile((x: Tensor) => {
      runs++;
      return x.add(1);
    });
    const loop = async () => {
      for (let i = 0; i < 3; i++) {
        await null;
        step.runSync(zeros([1]));
      }
    };
    await compile.disabled(loop);
    expect(runs).toBe(3);
    await expect(compile.disabled(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    for (let i = 0; i < 3; i++) step.runSync(zeros([1]));
    expect(runs).toBe(4);
  });
});

describe('arguments of a compiled function', () => {
  it('are told apart by the keys of a Map', () => {
    const difference = compile((m: Map<unknown, Tensor>) => (m.get('x') as Tensor).sub(m.get('y') as Tensor));
    const [x, y] = [tensor([10]), tensor([3])];
    expect(
      difference
        .runSync(
          new Map([
            ['x', x],
            ['y', y],
          ]),
        )
        .toArray(),
    ).toEqual([7]); // prettier-ignore
    expect(
      difference
        .runSync(
          new Map([
            ['y', y],
            ['x', x],
          ]),
        )
        .toArray(),
    ).toEqual([7]); // prettier-ignore
    const [v, w] = [new Variable(zeros([1])), new Variable(zeros([1]))];
    const of = compile((m: Map<Variable, Tensor>) => (m.get(v) as Tensor).sub(m.get(w) as Tensor));
    expect(
      of
        .runSync(
          new Map([
            [v, x],
            [w, y],
          ]),
        )
        .toArray(),
    ).toEqual([7]); // prettier-ignore
    expect(
      of
        .runSync(
          new Map([
            [w, y],
            [v, x],
          ]),
        )
        .toArray(),
    ).toEqual([7]); // prettier-ignore
  });

  it('may not be functions, whose text does not tell what they hold', () => {
    const step = compile((x: Tensor, f: (x: Tensor) => Tensor) => f(x));
    expect(() => step.runSync(tensor([1]), (x) => x.mul(2))).toThrow(/arguments may hold .*; received a function/);
  });

  it('may not hold themselves', () => {
    const list: unknown[] = [zeros([1])];
    list.push({ list });
    expect(() => compile((x: unknown[]) => x[0] as Tensor).runSync(list)).toThrow(/arguments may not hold .* inside itself/);
    const x = zeros([1]);
    expect(
      compile((pair: Tensor[][]) => pair[0][0].add(pair[1][0]))
        .runSync([[x], [x]])
        .toArray(),
    ).toEqual([0]);
  });

  it('are told apart as strings and as -0', () => {
    let traces = 0;
    const count = compile((x: Tensor, ..._: (string | number)[]) => {
      traces++;
      return x.add(1);
    });
    for (const rest of [['a string b'], ['a', 'b'], ['a string "b"'], [0], [-0]]) count.runSync(tensor([1]), ...rest);
    expect(traces).toBe(5);
  });
});

describe('a value that is not there yet', () => {
  it('is refused at once, whichever way it is read', () => {
    for (const read of [
      (x: Tensor) => x.item(),
      (x: Tensor) => x.data(),
      (x: Tensor) => x.toArray(),
      (x: Tensor) => x.itemSync(),
    ]) {
      const step = compile((x: Tensor) => {
        read(x);
        return x;
      });
      expect(() => step.runSync(tensor([1]))).toThrow(/read while a step was compiled \(traps\.test\.ts:\d+\)/);
    }
    let text = '';
    compile((x: Tensor) => {
      text = `${x} ${inspect(x)}`;
      return x.add(1);
    }).runSync(tensor([1]));
    const shown = 'Tensor(float32 [1], of a step that is being compiled)';
    expect(text).toBe(`${shown} ${shown}`);
  });
});

describe('common subexpressions', () => {
  it('are not those that differ by an infinity', () => {
    const x = new Generator(1).normal([64, 64]);
    const extremes = (x: Tensor) => {
      const mask = x.greater(0);
      return [where(mask, x, full(x.shape, Infinity)).min(), where(mask, x, full(x.shape, -Infinity)).max()];
    };
    const expected = extremes(x).map((value) => value.itemSync());
    expect(
      compile(extremes)
        .runSync(x)
        .map((value) => value.itemSync()),
    ).toEqual(expected);
    expect(expected.every(Number.isFinite)).toBe(true);
  });

  it('leave apart what checkpoint computes again', () => {
    const random = new Generator(2);
    const weights = Array.from({ length: 12 }, () => new Variable(random.normal([64, 64], { std: 0.1 })));
    const loss = (recompute: boolean) => (x: Tensor) => {
      const blocks = [weights.slice(0, 6), weights.slice(6)].map((block) => {
        const run = (h: Tensor) => block.reduce((h, w) => h.matmul(w.value).tanh(), h);
        return recompute ? checkpoint(run) : run;
      });
      const { value, grads } = valueAndGrad(() => blocks.reduce((h, block) => block(h), x).sum());
      return [value, ...weights.map((w) => grads.get(w) as Tensor)];
    };
    const x = random.normal([512, 64]);
    const [kept, again] = [false, true].map((recompute) => compile(loss(recompute)));
    const values = [kept, again].map((step) => step.runSync(x).map((tensor) => tensor.dataSync()));
    expect(values[1]).toEqual(values[0]);
    const arena = (text: string) => Number(/arena (\d+) bytes/.exec(text)?.[1]);
    expect(arena(again.explain())).toBeLessThan(0.8 * arena(kept.explain()));
  });
});

describe('explain and dot', () => {
  it('tell of each trace why it was made, and show the last', () => {
    const step = compile((x: Tensor) => (x.rank === 1 ? x.exp() : x.tanh()));
    scope(() => void step.runSync(zeros([2])));
    scope(() => void step.runSync(zeros([2, 3])));
    const [first, second] = step.explain().split(/(?=trace \d+:)/);
    expect(first).toMatch(/first call: \[ float32\[2\] \][\s\S]*exp/);
    expect(second).toMatch(/new arguments: \[ float32\[2, 3\] \][\s\S]*tanh/);
    expect(step.dot()).toMatch(/label="tanh\\nfloat32 \[2, 3\]\\ntraps\.test\.ts:\d+"/);
  });

  it('show what is written to variables', () => {
    const count = new Variable(zeros([1]), { name: 'count', trainable: false });
    const step = compile((x: Tensor<'float32'>) => count.assign(count.value.add(x)));
    step.runSync(tensor([1]));
    expect(step.dot()).toMatch(/count after the step/);
  });
});

describe('compile.check of a step that returns nothing', () => {
  it('compares variables, and puts them back', () => {
    const w = new Variable(tensor([1]));
    expect(compile.check((x: Tensor<'float32'>) => void w.assign(w.value.mul(x)), tensor([2]))).toBe(0);
    expect(w.value.toArray()).toEqual([1]);
  });

  it('refuses what is no tensor', () => {
    expect(() => compile.check((x: Tensor) => x, new Date() as never)).toThrow(HebbError);
  });
});
