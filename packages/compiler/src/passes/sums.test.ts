import { valueAndGrad } from '@hebb/autograd';
import { type Fused, Generator, isHalf, setThreads, type Tensor, tensor, threads, Variable, withReader } from '@hebb/tensor';
import { hasCuda } from '@hebb/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { deadCode } from './deadCode.js';
import { fuseElementwise } from './fuseElementwise.js';

type Fn = (...inputs: Tensor[]) => Tensor | Tensor[];

const random = new Generator(5);
const number = threads();
afterAll(() => setThreads(number));

function fused(fn: Fn, inputs: readonly Tensor[]): Graph {
  const tracer = new Tracer();
  const parameters = inputs.map(({ dtype, shape, device }) => tracer.parameter(dtype, [...shape], device));
  return fuseElementwise(deadCode(tracer.finish([withReader(tracer, () => fn(...parameters))].flat())));
}

const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name).filter((name) => name !== 'reshape');

/**
 * Compares compiled with eager, to the bit, and says which ops the program has. On the CPU for any number of threads; on a GPU twice, which
 * records the step and replays it where memory is pooled: the results come to lie where the first had been.
 */
function expectSame(fn: Fn, inputs: readonly Tensor[], expected: readonly string[]): void {
  expect(ops(fused(fn, inputs))).toEqual(expected);
  const wanted = [fn(...inputs)].flat();
  const { runSync } = compile(fn);
  for (const count of inputs.every(({ device }) => device === 'cpu') ? [1, 2, 3] : [1, 1]) {
    setThreads(count);
    [runSync(...inputs)].flat().forEach((result, i) => {
      expect([result.dtype, result.shape]).toEqual([wanted[i].dtype, wanted[i].shape]);
      expect(bytes(result).equals(bytes(wanted[i]))).toBe(true);
      result.dispose();
    });
  }
}

function bytes(x: Tensor): Buffer {
  const { buffer, byteOffset, byteLength } = x.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength);
}

const all = [0, 1, 2];

describe('sums in fused ops', () => {
  it.each([
    // runs: shorter and longer than a tile, around it, and in several chunks
    [[1, 1, 1], all],
    [[1, 1, 255], all],
    [[1, 3, 341], all],
    [[1, 1, 1024], all],
    [[1, 5, 205], all],
    [[7, 3, 1561], all],
    [[2, 130, 127], all],
    [[3, 300, 301], all],
    [
      [700, 3, 1],
      [1, 2],
    ],
    [[90, 1, 511], [2]],
    [[90, 2, 513], [2]],
    [[15, 1, 4095], [2]],
    [[9, 1, 4096], [2]],
    [[7, 1, 8193], [2]],
    [[3, 1, 40000], [2]],
    // columns: few that lie side by side, a tile of them, and more
    [
      [2, 33, 5],
      [0, 1],
    ],
    [[900, 100, 1], [0]],
    [
      [40, 50, 3],
      [0, 1],
    ],
    [
      [64, 784, 6],
      [0, 1],
    ],
    [[1, 64, 128], [1]],
    [[1, 65, 129], [1]],
    [
      [3, 331, 256],
      [0, 1],
    ],
    [[1, 500, 257], [1]],
    [[1, 100, 1024], [1]],
    [[1, 100, 1365], [1]],
    [[1, 70, 4096], [1]],
    [[1, 70, 4097], [1]],
    [[64, 1, 9000], [0]],
    // in the middle
    [[5, 70, 30], [1]],
    [[9, 65, 300], [1]],
    [[3, 64, 2500], [1]],
  ])('are the same bits: %j over %j', (shape, axes) => {
    for (const dtype of ['float32', 'float64', 'bfloat16', 'float16'] as const) {
      if (isHalf(dtype) && !hasCuda()) continue;
      // 16 bits are joined on a GPU only.
      const [x, y] = [shape, [shape[2]]].map((dims) => random.normal(dims, { dtype }).to(isHalf(dtype) ? 'cuda' : 'cpu'));
      expectSame((a, b) => a.mul(b).tanh().sum(axes), [x, y], ['fused']);
      expectSame((a, b) => [a.sub(b).square().mean(axes, { keepDims: true })], [x, y], ['fused']);
      expectSame(
        (a, b) => {
          const z = a.add(b).relu();
          return [z, z.sum(axes), z.greater(0), z.mul(a).mean(axes), a.neg().mul(b).mul(z).sum(axes)];
        },
        [x, y],
        ['fused'],
      );
    }
  });

  it('keep NaN and infinity', () => {
    const data = random.normal([70, 3000]).dataSync() as Float32Array;
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].forEach((value, i) => {
      data[i * 3000 + 1100] = value;
    });
    const x = tensor(data).reshape([70, 3000]);
    for (const axis of [0, 1]) expectSame((a) => a.neg().abs().mean(axis), [x], ['fused']);
    const sums = compile((a: Tensor) => a.neg().sum(1))
      .runSync(x)
      .dataSync();
    expect([...sums].slice(0, 3)).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('take bools, scalars and columns', () => {
    const [x, column] = [random.normal([70, 300]), random.normal([70, 1])];
    expectSame((a, b) => a.greater(b).cast('float32').mean(), [x, column], ['fused']);
    expectSame((a, b) => b.broadcastTo([70, 300]).mul(2).sum(0).add(a.sum(0)), [x, column], ['fused', 'sum', 'add']);
  });

  it.skipIf(!hasCuda())('of 16 bits are made beside those of float32', () => {
    const fn: Fn = (a) => {
      const [half, twice] = [a.cast('bfloat16').exp(), a.mul(2)];
      return [half.sum(1), twice.mean(1), twice.mul(half.cast('float32') as Tensor).sum(1)];
    };
    expectSame(fn, [random.normal([70, 300]).to('cuda')], ['fused']);
    expectSame((a) => a.greater(0).cast('bfloat16').mean(), [random.normal([70, 300]).to('cuda')], ['fused']);
  });

  it('are made where gradients of biases are', () => {
    const [w, b, v] = [[30, 50], [50], [50, 20]].map((shape): Variable => new Variable(random.normal(shape)));
    const fn: Fn = (x) => {
      const { value, grads } = valueAndGrad(() => x.matmul(w.value).add(b.value).tanh().matmul(v.value).mean());
      return [value, grads.get(b) as Tensor, grads.get(w) as Tensor];
    };
    const x = random.normal([70, 30]);
    const { nodes } = fused(fn, [x]);
    const sum = nodes.find(({ attributes }) => (attributes as Fused | undefined)?.sums);
    expect(sum?.merged?.map((text) => text.split(' ')[0])).toEqual(['add', 'tanh', 'tanhGrad', 'sum']);
    const wanted = [fn(x)].flat();
    [compile(fn).runSync(x)].flat().forEach((result, i) => void expect(result.dataSync()).toEqual(wanted[i].dataSync()));
  });

  it('reach memory only where others read them', () => {
    const { nodes } = fused((x) => x.exp().neg().sum(), [random.normal([2000])]);
    expect(nodes[0].outputs.map(({ shape }) => shape)).toEqual([[1]]);
    expect((nodes[0].attributes as Fused).sums).toEqual({ form: [1, 2000, 1], of: [{ from: 1, mean: false }] });
  });

  it('over other axes stay apart', () => {
    const x = random.normal([1100, 1000]);
    expectSame((a) => [a.exp().sum(0), a.exp().neg().sum(1)], [x], ['fused', 'fused']);
    const both: Fn = (a) => {
      const y = a.exp();
      return [y.sum(0), y.sum(1)];
    };
    expectSame(both, [x], ['fused', 'sum']);
  });

  it('do not join what needs them', () => {
    const softmax: Fn = (x) => {
      const e = x.exp();
      return e.div(e.sum(1, { keepDims: true }));
    };
    expectSame(softmax, [random.normal([1100, 1000])], ['fused', 'div']);
  });

  it('leave what is not worth it: small middles, single small nodes, plain inputs, integers', () => {
    const [x, y, z] = [random.normal([500, 3, 4]), random.normal([500, 40]), random.normal([63, 300])];
    expect(ops(fused((a) => a.exp().neg().sum(1), [x]))).toEqual(['fused', 'sum']);
    expect(ops(fused((a) => a.slice([0, 0, 0], [9, 3, 4]).exp().sum(), [x]))).toEqual(['slice', 'exp', 'sum']);
    expect(ops(fused((a) => a.sum(), [x]))).toEqual(['sum']);
    expect(ops(fused((a) => a.exp().neg().sum(0), [z]))).toEqual(['fused', 'sum']);
    expect(ops(fused((a) => a.exp().sum(), [y]))).toEqual(['fused']);
    const read: Fn = (a) => {
      const e = a.exp();
      return [e, e.sum()];
    };
    expect(ops(fused(read, [y]))).toEqual(['exp', 'sum']);
    expect(ops(fused((a) => a.cast('int32').neg().sum(), [x]))).not.toContain('fused');
    expect(ops(fused((a) => a.exp().max(), [x]))).toEqual(['exp', 'max']);
  });

  it('are at most as many as the engine takes', () => {
    const chain: Fn = (x) => {
      let y = x;
      return Array.from({ length: 20 }, () => {
        y = y.mul(0.9);
        return y.sum();
      });
    };
    expectSame(chain, [random.normal([3000])], ['fused', 'sum', 'sum', 'sum', 'sum']);
  });
});
