import { valueAndGrad } from '@hebb/autograd';
import { Generator, scatterAdd, type Tensor, tensor, withReader } from '@hebb/tensor';
import { expectClose, expectHebbError } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { gatherAfterProduct } from './gatherAfterProduct.js';

const [LETTERS, FEATURES, UNITS] = [5, 32, 8];
const generator = new Generator(1);
const table = generator.normal([LETTERS, FEATURES]);
const kernel = generator.normal([FEATURES, UNITS]);
const bias = generator.normal([UNITS]);
const texts = tensor(Int32Array.from({ length: 60 }, (_, i) => (i * i) % LETTERS)).reshape([4, 15]);

/** The ops of a function's graph after the pass, without other shapes of the same thing. */
function opsAfter(fn: (...xs: Tensor[]) => Tensor | Tensor[], ...inputs: Tensor[]): string[] {
  const tracer = new Tracer();
  const parameters = inputs.map(({ dtype, shape }) => tracer.parameter(dtype, shape, 'cpu'));
  const graph: Graph = tracer.finish([withReader(tracer, () => fn(...parameters))].flat());
  return gatherAfterProduct(graph)
    .nodes.map(({ op }) => op.name)
    .filter((name) => name !== 'reshape');
}

/** Checks the ops after the pass, and that the compiled function computes what the plain one does. */
function check(ops: readonly string[], fn: (...xs: Tensor[]) => Tensor | Tensor[], ...inputs: Tensor[]): void {
  expect(opsAfter(fn, ...inputs)).toEqual(ops);
  const expected = [fn(...inputs)].flat();
  const received = [compile(fn).runSync(...inputs)].flat();
  received.forEach((value, i) => void expectClose(value, expected[i], { rtol: 1e-5, atol: 1e-4 }));
}

const rows = (e: Tensor, k: Tensor) => e.gather(k as Tensor<'int32'>);

describe('gather after product', () => {
  it('multiplies the table instead of its rows', () => {
    check(['matmul', 'gather'], (e, w, k) => rows(e, k).matmul(w), table, kernel, texts);
    check(['matmul', 'gather'], (e, w, b, k) => rows(e, k).matmul(w, { bias: b }), table, kernel, bias, texts);
    const turned = (e: Tensor, w: Tensor, k: Tensor) => rows(e, k).reshape([60, FEATURES]).matmul(w, { transposeB: true });
    check(['matmul', 'gather'], turned, table, kernel.transpose(), texts);
  });

  it('casts the table where the rows are cast', () => {
    const fn = (e: Tensor, w: Tensor, k: Tensor) => rows(e, k).cast('bfloat16').matmul(w.cast('bfloat16')).cast('float32');
    expect([...opsAfter(fn, table, kernel, texts)].sort()).toEqual(['cast', 'cast', 'cast', 'gather', 'matmul']);
    const { value, grads } = valueAndGrad(() => fn(table, kernel, texts).square().sum(), [table, kernel]);
    const step = compile((e: Tensor, w: Tensor, k: Tensor) => {
      const inner = valueAndGrad(() => fn(e, w, k).square().sum(), [e, w]);
      return [inner.value, inner.grads.get(e) as Tensor, inner.grads.get(w) as Tensor];
    });
    const expected = [value, grads.get(table) as Tensor, grads.get(kernel) as Tensor];
    step.runSync(table, kernel, texts).forEach((received, i) => {
      const largest = expected[i].abs().max().itemSync();
      expectClose(received, expected[i], { rtol: 1.6e-2, atol: 1.6e-2 * Number(largest) });
    });
    expect(step.explain()).toContain('scatterAdd');
  });

  it('goes on through further products', () => {
    const fn = (e: Tensor, w: Tensor, k: Tensor) => rows(e, k).matmul(w).matmul(w);
    check(['matmul', 'matmul', 'gather'], fn, table, generator.normal([FEATURES, FEATURES]), texts);
  });

  it('adds up before a product with transposed rows, on either side', () => {
    const flat = (e: Tensor, k: Tensor) => rows(e, k).reshape([60, FEATURES]);
    const g = generator.normal([60, UNITS]);
    check(['scatterAdd', 'matmul'], (e, x, k) => flat(e, k).matmul(x, { transposeA: true }), table, g, texts);
    check(['scatterAdd', 'matmul'], (e, x, k) => x.matmul(flat(e, k), { transposeA: true }), table, g, texts);
  });

  it('adds up before the product that is added up', () => {
    const g = generator.normal([4, 15, UNITS]);
    const fn = (x: Tensor, w: Tensor, k: Tensor) =>
      scatterAdd(x.matmul(w, { transposeB: true }), k as Tensor<'int32'>, [LETTERS, FEATURES]);
    check(['scatterAdd', 'matmul'], fn, g, kernel, texts);
    const flat = (x: Tensor, w: Tensor, k: Tensor) => {
      const dx = x.reshape([60, UNITS]).matmul(w, { transposeB: true });
      return scatterAdd(dx.reshape([4, 15, FEATURES]), k as Tensor<'int32'>, [LETTERS, FEATURES]);
    };
    check(['scatterAdd', 'matmul'], flat, g, kernel, texts);
  });

  it('leaves no product of the full size in a training step', () => {
    const fn = (...[e, w, b, k]: Tensor[]) => {
      const { value, grads } = valueAndGrad(() => rows(e, k).matmul(w, { bias: b }).tanh().square().mean(), [e, w, b]);
      return [value, ...[e, w, b].map((x) => grads.get(x) as Tensor)];
    };
    const inputs = [table, kernel, bias, texts];
    check(opsAfter(fn, ...inputs), fn, ...inputs);
    const step = compile(fn);
    step.runSync(...inputs);
    const stages = step.explain().split('── ');
    const optimised = stages.filter((stage) => stage.startsWith('dead code')).pop() as string;
    expect(optimised.match(/matmul/g)).toHaveLength(3);
    expect(optimised).not.toContain(`[4, 15, ${FEATURES}]`);
    // The two gradients share their sum.
    expect(optimised.match(/scatterAdd/g)).toHaveLength(1);
  });

  it('keeps the rows where something else needs them', () => {
    const fn = (e: Tensor, w: Tensor, k: Tensor) => [rows(e, k).matmul(w), rows(e, k).exp()];
    check(['matmul', 'gather', 'gather', 'exp'], fn, table, kernel, texts);
    const shared = (e: Tensor, w: Tensor, k: Tensor) => {
      const x = rows(e, k);
      return [x.matmul(w), x.exp()];
    };
    check(['gather', 'matmul', 'gather', 'exp'], shared, table, kernel, texts);
  });

  it('leaves alone what would save nothing or means something else', () => {
    const forward = (e: Tensor, w: Tensor, k: Tensor) => rows(e, k).matmul(w);
    const same = ['gather', 'matmul'];
    // A table with more rows than are gathered; rows that cost more to move than to multiply.
    check(same, forward, generator.normal([100, FEATURES]), kernel, texts);
    check(same, forward, generator.normal([LETTERS, 4]), generator.normal([4, UNITS]), texts);
    // Columns, pages, and shapes that cut rows.
    const columns = (e: Tensor, w: Tensor, k: Tensor) => e.gather(k.reshape([60]) as Tensor<'int32'>, 1).matmul(w);
    check(same, columns, table, generator.normal([60, UNITS]), texts);
    check(same, forward, generator.normal([LETTERS, 2, FEATURES]), kernel, texts);
    const cut = (e: Tensor, w: Tensor, k: Tensor) =>
      rows(e, k)
        .reshape([30, 2 * FEATURES])
        .matmul(w);
    check(same, cut, table, generator.normal([2 * FEATURES, UNITS]), texts);
    // A product that is needed itself.
    const needed = (x: Tensor, w: Tensor, k: Tensor) => {
      const y = x.matmul(w, { transposeB: true });
      return [y, scatterAdd(y, k as Tensor<'int32'>, [LETTERS, FEATURES])];
    };
    check(['matmul', 'scatterAdd'], needed, generator.normal([4, 15, UNITS]), kernel, texts);
  });

  it('still refuses indices outside of the table', () => {
    const step = compile((k: Tensor) => rows(table, k).matmul(kernel));
    step.runSync(texts);
    expectHebbError(() => step.runSync(texts.add(1) as Tensor), 'range', 'gather', `[0, ${LETTERS})`, `${LETTERS}`);
  });
});
