import { valueAndGrad } from '@hebb/autograd';
import {
  apply,
  avgPool2d,
  conv2d,
  Generator,
  OPS,
  type Op,
  setThreads,
  type Tensor,
  threads,
  Variable,
  withReader,
} from '@hebb/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { deadCode } from './deadCode.js';
import { fuseEpilogues } from './fuseEpilogues.js';
import { fusePoolGradients } from './fusePoolGradients.js';

const random = new Generator(9);
const number = threads();
afterAll(() => setThreads(number));

type Activation = (x: Tensor) => Tensor;

/** Gradients of two dense layers with an activation between. */
function network(activation: Activation, shape: number[] = [70]): (x: Tensor) => Tensor[] {
  const [w, b, v] = [[30, 50], [50], [50, 20]].map((size): Variable => new Variable(random.normal(size)));
  return (x) => {
    const { value, grads } = valueAndGrad(() => activation(x.matmul(w.value).add(b.value)).matmul(v.value).square().mean());
    return [value.reshape(shape.map(() => 1)), ...[w, b, v].map((variable) => grads.get(variable) as Tensor)];
  };
}

function fused(fn: (x: Tensor) => Tensor[], shape: number[]): Graph {
  const tracer = new Tracer();
  const x = tracer.parameter('float32', shape, 'cpu');
  return fuseEpilogues(deadCode(tracer.finish(withReader(tracer, () => fn(x)))));
}

const endings = ({ nodes }: Graph): unknown[] =>
  nodes.flatMap(({ attributes }) => {
    const { epilogue } = (attributes ?? {}) as { epilogue?: { activation: string } };
    return epilogue && epilogue.activation !== 'none' ? [epilogue.activation] : [];
  });

describe('gradients of activations', () => {
  it.each([
    ['reluGrad', (x: Tensor) => x.relu(), ['relu', 'reluGrad']],
    ['tanhGrad', (x: Tensor) => x.tanh(), ['tanh', 'tanhGrad']],
    ['sigmoidGrad', (x: Tensor) => x.sigmoid(), ['sigmoid', 'sigmoidGrad']],
    ['none of gelu', (x: Tensor) => x.gelu(), []],
  ] as const)('end the product before: %s', (_name, activation, expected) => {
    for (const shape of [
      [70, 30],
      [4, 7, 30],
    ]) {
      const fn = network(activation);
      expect(endings(fused(fn, shape))).toEqual(expected);
      const x = random.normal(shape);
      const wanted = fn(x);
      const { runSync } = compile(fn);
      for (const count of [1, 2, 3]) {
        setThreads(count);
        runSync(x).forEach((result, i) => void expect(result.dataSync()).toEqual(wanted[i].dataSync()));
      }
    }
  });

  it('stay where others read the product, and where it is what they are taken at', () => {
    const [w, y] = [random.normal([30, 50]), random.normal([70, 50])];
    const gradient = (g: Tensor, at: Tensor): Tensor => apply(OPS.get('reluGrad') as Op<undefined>, [g, at], undefined);
    expect(endings(fused((x) => [gradient(x.matmul(w), y)], [70, 30]))).toEqual(['reluGrad']);
    expect(endings(fused((x) => [gradient(y, x.matmul(w))], [70, 30]))).toEqual([]);
    const both = (x: Tensor): Tensor[] => {
      const product = x.matmul(w);
      return [gradient(product, y), product];
    };
    expect(endings(fused(both, [70, 30]))).toEqual([]);
  });

  it('come after a bias, and not after a residual', () => {
    const [w, y, b] = [random.normal([30, 50]), random.normal([70, 50]), random.normal([50])];
    const gradient = (g: Tensor): Tensor => apply(OPS.get('tanhGrad') as Op<undefined>, [g, y], undefined);
    expect(endings(fused((x) => [gradient(x.matmul(w, { bias: b }))], [70, 30]))).toEqual(['tanhGrad']);
    expect(endings(fused((x) => [gradient(x.matmul(w).add(y))], [70, 30]))).toEqual([]);
  });

  describe('follow that of an average pool', () => {
    /** Gradients of a convolution whose activations are pooled. */
    const pooled = (activation: Activation, dtype: 'float32' | 'bfloat16'): ((x: Tensor) => Tensor[]) => {
      const filter = new Variable<'float32' | 'bfloat16'>(random.normal([5, 3, 3, 2]).cast(dtype));
      return (x) => {
        const loss = (): Tensor =>
          avgPool2d(activation(conv2d(x, filter.value)), 2)
            .cast('float32')
            .square()
            .mean();
        const { value, grads } = valueAndGrad(loss);
        return [value, grads.get(filter) as Tensor];
      };
    };
    const counts = (graph: Graph): number[] =>
      ['avgPool2dGrad', 'reluGrad', 'tanhGrad', 'sigmoidGrad'].map(
        (name) => graph.nodes.filter(({ op }) => op.name === name).length,
      );
    const graphOf = (fn: (x: Tensor) => Tensor[], dtype: 'float32' | 'bfloat16'): Graph => {
      const tracer = new Tracer();
      const x = tracer.parameter(dtype, [3, 9, 8, 2], 'cpu');
      return fusePoolGradients(deadCode(tracer.finish(withReader(tracer, () => fn(x)))));
    };

    it.each([
      ['relu', (x: Tensor) => x.relu()],
      ['tanh', (x: Tensor) => x.tanh()],
      ['sigmoid', (x: Tensor) => x.sigmoid()],
    ] as const)('%s, with the same bits', (_name, activation) => {
      const fn = pooled(activation, 'float32');
      expect(counts(graphOf(fn, 'float32'))).toEqual([1, 0, 0, 0]);
      const x = random.normal([3, 9, 8, 2]);
      const wanted = fn(x);
      const compiled = compile(fn).runSync(x);
      compiled.forEach((result, i) => void expect(result.dataSync()).toEqual(wanted[i].dataSync()));
    });

    it('but not in 16 bits, which would be rounded once less, and not where it is read otherwise', () => {
      expect(
        counts(
          graphOf(
            pooled((x) => x.tanh(), 'bfloat16'),
            'bfloat16',
          ),
        ),
      ).toEqual([1, 0, 1, 0]);
      const pool = OPS.get('avgPool2dGrad') as Op<object>;
      const gradient = OPS.get('tanhGrad') as Op<undefined>;
      const window = { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] };
      const both = (x: Tensor): Tensor[] => {
        const dx = apply(pool, [x], { window, countPadding: false, shape: x.shape });
        return [apply(gradient, [dx, x], undefined), dx];
      };
      expect(counts(graphOf(both, 'float32'))).toEqual([1, 0, 1, 0]);
    });
  });
});
