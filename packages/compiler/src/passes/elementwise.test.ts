import { valueAndGrad } from '@hebb/autograd';
import {
  type Device,
  type DType,
  FUSED_INSTRUCTIONS,
  type Fused,
  Generator,
  setThreads,
  type Tensor,
  tensor,
  threads,
  Variable,
  where,
  withReader,
} from '@hebb/tensor';
import { hasCuda } from '@hebb/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { deadCode } from './deadCode.js';
import { dropIdentities } from './dropIdentities.js';
import { fuseElementwise } from './fuseElementwise.js';

type Fn = (...inputs: Tensor[]) => Tensor | Tensor[];

const random = new Generator(4);
const number = threads();
afterAll(() => setThreads(number));

function graphOf(fn: Fn, ...shapes: number[][]): Graph {
  return graphOn(
    fn,
    shapes.map((shape) => ({ dtype: 'float32', shape, device: 'cpu' })),
  );
}

function graphOn(fn: Fn, like: readonly Pick<Tensor, 'dtype' | 'shape' | 'device'>[]): Graph {
  const tracer = new Tracer();
  const inputs = like.map(({ dtype, shape, device }) => tracer.parameter(dtype, [...shape], device));
  return deadCode(tracer.finish([withReader(tracer, () => fn(...inputs))].flat()));
}

const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name);
const used = new Set<string>();

/** Compares compiled with eager, to the bit, and says which ops the program has. */
function expectSame(fn: Fn, inputs: readonly Tensor[], expected?: readonly string[]): void {
  const { nodes } = fuseElementwise(graphOn(fn, inputs));
  for (const { attributes } of nodes) for (const { name } of (attributes as Fused | undefined)?.code ?? []) used.add(name);
  if (expected) expect(nodes.map(({ op }) => op.name)).toEqual(expected);
  const wanted = [fn(...inputs)].flat();
  for (const count of [1, 2, 3]) {
    setThreads(count);
    const found = [compile(fn).runSync(...inputs)].flat();
    found.forEach((result, i) => {
      expect([result.dtype, result.shape]).toEqual([wanted[i].dtype, wanted[i].shape]);
      expect(same(result, wanted[i])).toBe(true);
    });
  }
}

/** Whether all elements are the same, any NaN as any other. */
function same(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a, b].map((tensor) => tensor.dataSync() as Float32Array);
  return x.every((value, i) => Object.is(value, y[i]));
}

/** Ordinary values, and those that functions trip over. */
function values(size: number): Tensor {
  const data = random.normal([size]).dataSync();
  [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, 100, -100].forEach((value, i) => {
    if (i < size) data[i] = value;
  });
  return tensor(data as Float32Array);
}

const chain: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
  arithmetic: (x, y) => x.add(y).sub(y.neg()).mul(x.abs()).div(y.square()),
  order: (x, y) => x.maximum(y).minimum(y.sign()).clip(-0.5, 0.5),
  exponentials: (x, y) => x.exp().log().add(y.expm1().log1p()),
  roots: (x, y) => x.abs().sqrt().add(y.abs().rsqrt()).reciprocal(),
  activations: (x, y) => x.tanh().add(y.sigmoid()).erf().relu().leakyRelu(0.2),
  others: (x, y) =>
    x
      .elu(0.7)
      .add(y.silu())
      .softplus()
      .add(x.gelu())
      .add(y.gelu({ approximate: 'tanh' })),
  rounding: (x, y) => x.mul(3).floor().add(y.mul(3).ceil()).add(x.round()),
  tests: (x, y) =>
    where(x.less(y).logicalOr(x.greaterEqual(0)).logicalAnd(y.isFinite()).logicalXor(x.isNaN().logicalNot()), x, y)
      .add(x.equal(y).cast(x.dtype))
      .add(x.notEqual(y).logicalAnd(x.lessEqual(0)).logicalOr(y.greater(0)).cast(x.dtype))
      .add(where(x.cast('bool'), x, y)),
};

describe('fused elementwise ops', () => {
  it.each(Object.entries(chain))('are the same bits: %s', (_name, fn) => {
    for (const size of [1, 7, 1024, 1025, 70001]) expectSame(fn as Fn, [values(size), random.normal([size])], ['fused']);
  });

  it('have the gradients of activations', () => {
    for (const name of ['relu', 'tanh', 'sigmoid', 'gelu'] as const) {
      const x: Variable = new Variable(random.normal([3000]));
      const fn: Fn = (y) => [...valueAndGrad(() => x.value.mul(y)[name]().mul(y).sum()).grads.values()];
      expectSame(fn, [random.normal([3000])]);
    }
    const x: Variable = new Variable(random.normal([30]));
    expectSame(
      (y) => [...valueAndGrad(() => x.value.gelu({ approximate: 'tanh' }).mul(y).sum()).grads.values()],
      [random.normal([30])],
    );
  });

  it.each([
    [[3, 5], [5]],
    [
      [3, 5],
      [3, 1],
    ],
    [
      [2, 3, 4],
      [3, 1],
    ],
    [
      [2, 3, 4],
      [1, 3, 4],
    ],
    [[70, 3000], [3000]],
    [[3000, 70], [70]],
    [
      [3000, 70],
      [3000, 1],
    ],
    [
      [20, 30, 40],
      [30, 1],
    ],
    [[6], []],
    [[1, 1], [1]],
  ])('broadcast %j and %j', (shape, other) => {
    expectSame((x, y) => x.exp().mul(y).add(y), [random.normal(shape), random.normal(other)], ['fused']);
    const mask: Fn = (x, y) => where(y.greater(0), x.neg(), x).exp();
    expectSame(mask, [random.normal(shape), random.normal(other)]);
  });

  describe.skipIf(!hasCuda()).each(['bfloat16', 'float16'] as const)('of %s on a GPU', (dtype) => {
    const device: Device = 'cuda';
    const half = (x: Tensor) => x.cast(dtype).to(device) as Tensor;

    it.each(Object.entries(chain))('are the same bits: %s', (_name, fn) => {
      for (const size of [1, 7, 1024, 1025, 70001])
        expectSame(fn as Fn, [half(values(size)), half(random.normal([size]))], ['fused']);
    });

    it('broadcast', () => {
      for (const other of [[64], [30, 1], [8, 30, 1], [], [1, 30, 64]]) {
        const inputs = [half(random.normal([8, 30, 64])), half(random.normal(other))];
        expectSame((x, y) => where(y.greater(0), x.exp().mul(y), x).add(y), inputs);
      }
    });

    it('have the gradients of activations', () => {
      for (const activation of [...(['relu', 'tanh', 'sigmoid', 'silu', 'gelu'] as const), 'geluTanh'] as const) {
        const w: Variable = new Variable(half(random.normal([3000])));
        const apply = (x: Tensor) => (activation === 'geluTanh' ? x.gelu({ approximate: 'tanh' }) : x[activation]());
        const loss = (y: Tensor) => apply(w.value.mul(y)).mul(y).cast('float32').sum();
        expectSame((y) => [...valueAndGrad(() => loss(y)).grads.values()], [half(random.normal([3000]))]);
      }
    });

    it('are rounded where another instruction reads them', () => {
      const like = [1, 2].map(() => ({ dtype, device, shape: [4] }));
      const names = (fn: Fn) =>
        fuseElementwise(graphOn(fn, like)).nodes.map(({ attributes }) => (attributes as Fused).code.map(({ name }) => name));
      expect(names((x, y) => x.mul(y).add(y).neg().tanh())).toEqual([['mul', dtype, 'add', dtype, 'neg', 'tanh']]);
      expect(names((x, y) => x.mul(y).greater(y).cast(dtype))).toEqual([['mul', dtype, 'greater', dtype]]);
      expect(names((x, y) => x.mul(y).cast('float32').exp().cast(dtype))).toEqual([['mul', dtype, 'copy', 'exp', dtype]]);
    });

    it('stay within the instructions, however many make one op', () => {
      expectSame(
        (x) => Array.from({ length: 100 }).reduce<Tensor>((y, _, i) => y.clip(i / 1000 - 0.3, 0.7 - i / 1000), x),
        [half(random.normal([300]))],
        ['fused', 'fused', 'fused'],
      );
    });

    it('merge with casts from and to float32', () => {
      const inputs = [random.normal([5000]).to(device), half(random.normal([5000]))];
      const cast = (x: Tensor, to: DType): Tensor => x.cast(to);
      const fn: Fn = (x, y) => cast(cast(cast(x, dtype).mul(y).add(0.3), 'float32').mul(x).add(0.1), dtype).sqrt();
      expectSame(fn, inputs, ['fused']);
      const both: Fn = (x) => cast(cast(cast(x.exp(), 'bfloat16').mul(2), 'float16').neg(), 'float32').add(x);
      expectSame(both, [random.normal([5000]).to(device)], ['fused']);
    });
  });

  it('leave 16 bits on the CPU, where they would be no faster', () => {
    const fn: Fn = (x) => (x.exp().neg().cast('bfloat16') as Tensor).mul(2).add(1);
    expectSame(fn, [random.normal([5000])], ['fused', 'cast', 'mul', 'add']);
  });

  it.skipIf(!hasCuda())('cover every instruction', () => {
    expect([...FUSED_INSTRUCTIONS].filter((name) => !used.has(name))).toEqual([]);
  });

  it('are of float64 too', () => {
    const fn: Fn = (x) => x.cast('float64').exp().mul(2).add(1).tanh();
    expectSame(fn, [random.normal([5000])], ['cast', 'fused']);
  });

  it('keep values that others read, as outputs', () => {
    expectSame((x) => {
      const y = x.exp();
      const z = y.neg();
      return [z.tanh(), y, z.greater(0), y.sum()];
    }, [random.normal([5000])]); // biome-ignore format: one expression
  });

  it('do not reach around other ops', () => {
    const fn: Fn = (x) => {
      const y = x.exp();
      return y.add(y.sum()).mul(y.mean()).neg();
    };
    const graph = fuseElementwise(graphOf(fn, [2 ** 20]));
    // exp with its sums, then what needs them.
    expect(ops(graph)).toEqual(['fused', 'reshape', 'reshape', 'fused']);
    expectSame(fn, [random.normal([5000])]);
  });

  it('do not wait for each other in circles', () => {
    // Two groups, each of which would need the other's first half.
    expectSame((x) => {
      const [a, b] = [x.exp(), x.sum().neg()];
      const [c, d] = [a.add(b), b.add(a.mean())];
      return [c.mul(d).tanh(), d.exp(), c.mean().add(d)];
    }, [random.normal([500])]); // biome-ignore format: one expression
  });

  it('leave single ops, integers and what is not elementwise', () => {
    expect(ops(fuseElementwise(graphOf((x) => x.exp().max().neg(), [4])))).toEqual(['exp', 'max', 'reshape', 'neg']);
    expect(ops(fuseElementwise(graphOf((x) => x.cast('int32').add(1).mul(2), [4])))).not.toContain('fused');
    expect(ops(fuseElementwise(graphOf((x) => x.pow(3).sin(), [4])))).not.toContain('fused');
  });

  it('stay within the registers, however long a chain is', () => {
    expectSame((x) => Array.from({ length: 200 }).reduce<Tensor>((y) => y.mul(0.9).add(x), x), [random.normal([3000])]);
  });

  it('write variables in place', () => {
    const [eager, compiled]: Variable[] = [1, 2].map(() => new Variable(tensor([1, 2, 3])));
    const step = (v: Variable) => (x: Tensor) => {
      v.assign(v.value.mul(0.9).add(x.square()));
      return x;
    };
    const { runSync, explain } = compile(step(compiled));
    for (let i = 0; i < 3; i++) {
      const x = random.normal([3]);
      step(eager)(x);
      runSync(x);
    }
    expect(compiled.value.dataSync()).toEqual(eager.value.dataSync());
    expect(explain()).toContain(' 0 copied to variables at the end');
    expect(explain()).toMatch(/── fusions\nfused \(elementwise.test.ts:\d+\) ← /);
  });
});

it.skipIf(!hasCuda())('take in no cast from or to float64', () => {
  const fn: Fn = (x) => x.exp().cast('float64').neg().mul(2).cast('bfloat16').neg().mul(2);
  expectSame(fn, [random.normal([5000]).to('cuda')], ['exp', 'cast', 'fused', 'cast', 'fused']);
});

it('identities disappear', () => {
  expect(ops(dropIdentities(graphOf((x) => x.exp().stopGradient().neg(), [4])))).toEqual(['exp', 'neg']);
});
