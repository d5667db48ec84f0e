import { Generator, ones, scope, type Tensor, tensor, Variable, withReader, zeros } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { foldScales } from './foldScales.js';
import { fuseEpilogues } from './fuseEpilogues.js';
import { hoist } from './hoist.js';
import { packFilters } from './packFilters.js';

const random = new Generator(1);
const variable = (shape: number[]): Variable => new Variable(random.normal(shape));

function graphOf(shape: number[], fn: (x: Tensor) => Tensor | Tensor[]): Graph {
  const tracer = new Tracer();
  const x = tracer.parameter('float32', shape, 'cpu');
  const results = withReader(tracer, () => fn(x));
  return tracer.finish([results].flat());
}

const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name);

function expectClose(found: Tensor, expected: Tensor, tolerance = 1e-5): void {
  expect(found.shape).toEqual(expected.shape);
  const values = expected.dataSync();
  found.dataSync().forEach((value, i) => void expect(Math.abs(Number(value) - Number(values[i]))).toBeLessThanOrEqual(tolerance));
}

describe('hoisting', () => {
  it('takes out what only depends on variables that are not written', () => {
    const [fixed, moving] = [variable([4]), variable([4])];
    const graph = graphOf([4], (x) => {
      moving.assign(moving.value.add(x));
      return x.mul(fixed.value.exp()).add(moving.value.exp());
    });
    const { prepare, main } = hoist(graph);
    expect(ops(prepare)).toEqual(['exp']);
    expect(ops(main)).toEqual(['add', 'mul', 'exp', 'add']);
  });

  it('leaves what is cheap, and what may fail', () => {
    const v = variable([2, 2]);
    const indices = new Variable(tensor(Int32Array.of(0)), { trainable: false });
    const graph = graphOf([4], (x) => [v.value.reshape([4]).add(x), v.value.gather(indices.value as Tensor<'int32'>)]);
    expect(ops(hoist(graph).prepare)).toEqual([]);
    expect(ops(hoist(graphOf([4], (x) => x.add(ones([1]).broadcastTo([4])))).main)).toEqual(['full', 'broadcastTo', 'add']);
  });

  it('follows assignments, other steps and disposal', () => {
    const v = new Variable(tensor([1, 2]));
    const read = compile((x: Tensor) => x.add(v.value.square()));
    const write = compile(() => v.assign(v.value.add(1)));
    const now = () => scope(() => read.runSync(zeros([2])).toArray());
    expect(now()).toEqual([1, 4]);
    v.assign(tensor([3, 4]));
    expect(now()).toEqual([9, 16]);
    write.runSync();
    expect(now()).toEqual([16, 25]);
    write.runSync();
    write.runSync();
    expect(now()).toEqual([36, 49]);
    expect(read.explain()).toContain('computed once');
    v.dispose();
    expect(now).toThrow(/disposed/);
  });

  it('keeps results apart from what is kept', () => {
    const v = new Variable(tensor([2]));
    const step = compile(() => [v.value.square(), v.value.square()]);
    const [a, b] = step.runSync();
    a.dispose();
    expect([b.toArray(), step.runSync()[0].toArray()]).toEqual([[4], [4]]);
  });
});

describe('epilogues', () => {
  const [w, b, k, r] = [variable([4, 3]), variable([3]), variable([3, 1, 1, 2]), variable([2, 2, 2, 3])];

  it('take a bias, a residual and an activation in', () => {
    const graph = fuseEpilogues(graphOf([2, 2, 2, 2], (x) => x.conv2d(k.value).add(b.value).add(r.value).relu()));
    expect(ops(graph)).toEqual(['conv2d']);
    expect(graph.nodes[0].attributes).toMatchObject({ epilogue: { activation: 'relu', operands: ['bias', 'residual'] } });
    expect(graph.nodes[0].merged?.map((text) => text.split(' ')[0])).toEqual(['add', 'add', 'relu']);
  });

  it('leave what others read, what does not fit and what comes after an activation', () => {
    const read = graphOf([2, 4], (x) => {
      const y = x.matmul(w.value);
      return [y, y.relu()];
    });
    expect(ops(fuseEpilogues(read))).toEqual(['matmul', 'relu']);
    const twice = graphOf([2, 4], (x) => {
      const y = x.matmul(w.value);
      return y.add(y).add(1);
    });
    expect(ops(fuseEpilogues(twice))).toEqual(['matmul', 'add', 'add']);
    const after = graphOf([2, 4], (x) => x.matmul(w.value, { bias: b.value }).tanh().add(b.value).tanh());
    expect(ops(fuseEpilogues(after))).toEqual(['matmul', 'add', 'tanh']);
    const larger = graphOf([1, 4], (x) => x.matmul(w.value).add(zeros([5, 3])));
    expect(ops(fuseEpilogues(larger))).toEqual(['matmul', 'full', 'add']);
  });

  it.each(['relu', 'tanh', 'sigmoid', 'silu', 'gelu'] as const)('are the same bits with %s', (name) => {
    const rows = variable([2, 3]);
    const dense = (x: Tensor): Tensor => x.matmul(w.value, { bias: b.value }).add(rows.value)[name]();
    const image = (x: Tensor): Tensor => x.conv2d(k.value, { bias: b.value }).add(r.value)[name]();
    for (const [fn, x] of [
      [dense, random.normal([2, 4])],
      [image, random.normal([2, 2, 2, 2])],
    ] as const)
      expect(compile(fn).runSync(x).dataSync()).toEqual(fn(x).dataSync());
  });

  it('keep NaN', () => {
    const step = compile((x: Tensor) => x.conv2d(k.value, { bias: b.value }).relu());
    expect(Number.isNaN(step.runSync(zeros([1, 1, 1, 2]).add(Number.NaN)).dataSync()[0])).toBe(true);
  });
});

describe('folding of scales', () => {
  const [w, k, scale, shift] = [variable([4, 3]), variable([3, 3, 3, 2]), variable([3]), variable([3])];

  it('leaves one convolution of what batch normalisation was', () => {
    const fn = (x: Tensor): Tensor => x.conv2d(k.value, { padding: 1 }).mul(scale.value.exp()).add(shift.value).relu();
    const { prepare, main } = hoist(packFilters(fuseEpilogues(foldScales(graphOf([1, 5, 5, 2], fn)))));
    expect(ops(main)).toEqual(['conv2d']);
    expect(ops(prepare)).toEqual(['exp', 'reshape', 'mul', 'packFilter']);
    const x = random.normal([1, 5, 5, 2]);
    const step = compile(fn);
    expectClose(step.runSync(x), fn(x));
    k.assign(k.value.mul(0.5));
    scale.assign(scale.value.add(0.5));
    expectClose(step.runSync(x), fn(x));
  });

  it.each([false, true])('works on matrices, transposed %s, and on biases', (transposeB) => {
    const weights = variable(transposeB ? [3, 4] : [4, 3]);
    const fn = (x: Tensor): Tensor =>
      scale.value.mul(x.matmul(weights.value, { transposeB, bias: shift.value })).add(shift.value);
    const graph = foldScales(graphOf([2, 4], fn));
    expect(ops(hoist(graph).main)).toEqual(['matmul']);
    const x = random.normal([2, 4]);
    expectClose(compile(fn).runSync(x), fn(x));
  });

  it('leaves weights that the step writes, and scales that are arguments', () => {
    const trained = graphOf([2, 4], (x) => {
      const y = x.matmul(w.value).mul(scale.value);
      w.assign(w.value.add(1));
      return y;
    });
    expect(ops(foldScales(trained))).toEqual(['matmul', 'mul', 'add']);
    expect(ops(foldScales(graphOf([3], (s) => (ones([2, 4]) as Tensor).matmul(w.value).mul(s))))).toEqual([
      'full',
      'matmul',
      'mul',
    ]);
  });
});

describe('packed filters', () => {
  it.each([
    [[1, 5, 5, 3], [4, 3, 3, 3], {}],
    [[2, 56, 56, 64], [64, 3, 3, 64], { padding: 1 }],
    [[1, 7, 7, 64], [128, 1, 1, 64], { stride: 2 }],
    [[1, 4, 4, 8], [16, 2, 2, 4], { groups: 2 }],
  ] as const)('of images %j and filters %j %j give the same bits', (image, filters, options) => {
    const k = variable([...filters]);
    const x = random.normal([...image]);
    const fn = (input: Tensor): Tensor => input.conv2d(k.value, options);
    const step = compile(fn);
    expect(step.runSync(x).dataSync()).toEqual(fn(x).dataSync());
    k.assign(k.value.neg());
    expect(step.runSync(x).dataSync()).toEqual(fn(x).dataSync());
  });
});
