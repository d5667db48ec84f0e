import { backend, type Cell, concat, evaluator, ones, scope, type Tensor, tensor, Variable, withReader } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { Arena } from '../arena.js';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { lower } from '../lower.js';
import { materialise } from '../materialise.js';
import { plan } from '../plan.js';
import { graphToDot, printGraph } from '../print.js';
import { Tracer } from '../tracer.js';
import { commonSubexpressions } from './commonSubexpressions.js';
import { deadCode } from './deadCode.js';
import { foldConstants } from './foldConstants.js';

/** The graph of a function of one float32 tensor [4]. */
function graphOf(fn: (x: Tensor) => Tensor | Tensor[]): Graph {
  const tracer = new Tracer();
  const x = tracer.parameter('float32', [4], 'cpu');
  const results = withReader(tracer, () => fn(x));
  return tracer.finish([results].flat());
}

const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name);

describe('dead code', () => {
  it('drops what nobody needs, and keeps what checks values', () => {
    const graph = graphOf((x) => {
      x.exp().neg();
      x.cast('int32').gather(tensor(Int32Array.of(0)));
      return x.tanh();
    });
    expect(ops(deadCode(graph))).toEqual(['cast', 'gather', 'tanh']);
  });

  it('keeps what variables are assigned', () => {
    const v: Variable = new Variable(tensor([0, 0, 0, 0]));
    const graph = graphOf((x) => {
      v.assign(x.exp());
      return x.tanh();
    });
    expect(ops(deadCode(graph))).toEqual(['exp', 'tanh']);
  });

  it('drops variables and constants that nobody reads', () => {
    const v = new Variable(tensor([1]));
    const graph = graphOf((x) => {
      v.value.add(tensor([3]));
      return x.tanh();
    });
    const { variables, constants } = deadCode(graph);
    expect([variables.size, constants.size]).toEqual([0, 0]);
  });
});

describe('constant folding', () => {
  it('computes now what depends on constants alone', () => {
    const graph = deadCode(foldConstants(graphOf((x) => x.add(tensor([1, 2, 3, 4]).mul(2).exp()))));
    expect(ops(graph)).toEqual(['add']);
    const [held] = [...graph.constants.values()] as Cell[];
    const expected = scope(() => tensor([1, 2, 3, 4]).mul(2).exp().dataSync());
    expect(evaluator.read(held).dataSync()).toEqual(expected);
  });

  it('leaves variables and large results alone', () => {
    const v = new Variable(tensor([1]));
    expect(ops(foldConstants(graphOf(() => v.value.exp())))).toEqual(['exp']);
    expect(ops(foldConstants(graphOf(() => tensor([1]).broadcastTo([5000]))))).toEqual(['broadcastTo']);
  });
});

describe('common subexpressions', () => {
  it('computes the same thing once', () => {
    expect(ops(commonSubexpressions(graphOf((x) => x.exp().add(x.exp()))))).toEqual(['exp', 'add']);
  });

  it('tells attributes, inputs and order apart', () => {
    const graph = graphOf((x) => [x.clip(0, 1), x.clip(0, 2), x.sub(x.exp()), x.exp().sub(x)]);
    expect(ops(commonSubexpressions(graph))).toEqual(['clip', 'clip', 'exp', 'sub', 'sub']);
  });

  it('sees through chains', () => {
    expect(ops(commonSubexpressions(graphOf((x) => x.exp().neg().add(x.exp().neg()))))).toEqual(['exp', 'neg', 'add']);
  });
});

describe('the memory plan', () => {
  it('computes a chain in place, in one block', () => {
    const { arenaBytes, overwritten } = plan(materialise(graphOf((x) => x.exp().tanh().neg().abs())));
    expect(arenaBytes).toBe(64);
    expect(overwritten).toBe(2);
  });

  it('never writes over what is needed later', () => {
    const { arenaBytes } = plan(materialise(graphOf((x) => {
      const e = x.exp();
      return e.tanh().add(e).neg();
    }))); // biome-ignore format: one expression
    expect(arenaBytes).toBe(128);
  });

  it('moves nothing for ranges of what it computes, nor for what is joined from parts', () => {
    const commandsOf = (fn: (x: Tensor) => Tensor | Tensor[]) => {
      const { program } = lower(graphOf((x) => fn(x.reshape([4, 1]).mul(ones([1, 32])))));
      return program.commands.map(({ kernel }) => backend().kernels[kernel]).filter((name) => name !== 'full');
    };
    expect(commandsOf((x) => x.slice([1, 0], [2, 32]).exp())).toEqual(['mul', 'exp']);
    expect(commandsOf((x) => x.reshape([1, 2, 64]).slice([0, 1, 0], [1, 1, 64]).reshape([64]).exp())).toEqual(['mul', 'exp']);
    expect(commandsOf((x) => concat([x.exp(), x.tanh().reshape([4, 32])]).neg())).toEqual(['mul', 'exp', 'tanh', 'neg']);
    const both = (x: Tensor) => concat(x.exp().split(2).map((part) => part.neg())).tanh(); // biome-ignore format: one expression
    expect(commandsOf(both)).toEqual(['mul', 'exp', 'neg', 'neg', 'tanh']);
    // What is not in one piece, begins within a cache line, is a result, comes from outside, or stands in two places.
    expect(commandsOf((x) => x.slice([0, 0], [4, 16]).exp())).toContain('slice');
    expect(commandsOf((x) => x.slice([0, 0], [2, 32], [2, 1]).exp())).toContain('slice');
    expect(commandsOf((x) => x.slice([0, 8], [1, 16]).exp())).toContain('slice');
    expect(commandsOf((x) => x.slice([1, 0], [1, 32]))).toContain('slice');
    expect(commandsOf((x) => [x, x.slice([1, 0], [1, 32]).exp()])).toContain('slice');
    expect(commandsOf((x) => concat([x.exp(), x.exp()]))).toContain('concat');
    expect(commandsOf((x) => concat([x, x]).neg())).toContain('concat');
    expect(commandsOf((x) => concat([x.slice([0, 0], [2, 32]), x.tanh()]).neg())).toContain('concat');
    expect(commandsOf((x) => concat([x.exp(), x.tanh()], 1).neg())).toContain('concat');
  });

  it('keeps parts as long as their whole is needed, and computes what is joined where nothing else lies', () => {
    const fn = (x: Tensor): Tensor => {
      const whole = x
        .reshape([4, 1])
        .mul(ones([1, 32]))
        .exp();
      const [a, b] = whole.split(2);
      const early = concat([a.neg(), b.tanh()]);
      const noise = [x.cos(), x.sin(), x.exp()].map((each) => each.reshape([4, 1]).add(early)); // biome-ignore format: one expression
      return concat([...noise, whole.square(), early.abs()])
        .sum(1)
        .add(a.add(b).sum());
    };
    const x = tensor([0.1, -0.2, 0.3, -0.4]);
    expect(compile(fn).runSync(x).dataSync()).toEqual(fn(x).dataSync());
  });

  it('copies results that are arguments, variables, another shape of one, or one tensor twice', () => {
    const v = new Variable(tensor([1, 2, 3, 4]));
    const graph = graphOf((x) => {
      const y = x.exp();
      return [x, v.value, y, y, y.reshape([2, 2])];
    });
    expect(ops(materialise(graph)).filter((name) => name === 'copy')).toHaveLength(4);
  });

  it('writes a variable in place unless its old value is needed later or a later op may fail', () => {
    const copiesOf = (fn: (x: Tensor, v: Variable) => Tensor) => {
      const v = new Variable(tensor([0, 0, 0, 0]));
      return plan(materialise(graphOf((x) => fn(x, v)))).copies.length;
    };
    const assign = (v: Variable, value: Tensor) => {
      v.assign(value);
      return value;
    };
    expect(copiesOf((x, v) => assign(v, v.value.add(x)).tanh())).toBe(0);
    expect(copiesOf((x, v) => {
      const old = v.value;
      assign(v, old.add(x));
      return old.tanh();
    })).toBe(1); // biome-ignore format: one expression
    expect(copiesOf((x, v) => assign(v, v.value.add(x)).gather(tensor(Int32Array.of(1))))).toBe(1);
  });
});

describe('the arena', () => {
  it('never gives out one byte twice, and uses freed blocks again', () => {
    const arena = new Arena();
    const live = new Map<number, number>();
    let seed = 1;
    const random = (n: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % n;
    };
    for (let i = 0; i < 2000; i++) {
      if (live.size > 10 || (live.size > 0 && random(2) === 0)) {
        const [offset, bytes] = [...live][random(live.size)];
        arena.give(offset, bytes);
        live.delete(offset);
        continue;
      }
      const bytes = random(1000);
      const offset = arena.take(bytes);
      expect(offset % 64).toBe(0);
      expect(offset + bytes).toBeLessThanOrEqual(arena.size);
      for (const [other, size] of live)
        expect(offset + bytes <= other || other + size <= offset || bytes === 0 || size === 0).toBe(true);
      if (bytes > 0) live.set(offset, bytes);
    }
    expect(arena.size).toBeLessThan(11 * 1024 * 3);
  });
});

describe('printing', () => {
  it('shows graphs as text and for Graphviz', () => {
    const graph = graphOf((x) => x.exp().sum());
    expect(printGraph(graph)).toMatch(/%1 = exp %0 → float32 \[4\] {3}\/\/ passes\.test\.ts:\d+/);
    expect(graphToDot(graph)).toContain('v0 -> n0');
  });
});
