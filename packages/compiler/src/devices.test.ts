import { valueAndGrad } from '@hebb/autograd';
import {
  backend,
  type Device,
  devices,
  Generator,
  memory,
  ones,
  scope,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  Variable,
  zeros,
} from '@hebb/tensor';
import { expectClose, expectHebbError, expectHebbRejection, hasCuda } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from './index.js';

const input = (device: Device, rows = 4) => new Generator(2).normal([rows, 3]).to(device);

/** A layer with its gradient step; the Variable is made on the device. */
function regression(device: Device) {
  const weights = new Variable(new Generator(1).normal([3, 3]).to(device), { name: 'w' });
  const fn = (x: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => x.matmul(weights.value).tanh().sub(0.5).square().mean());
    weights.assign(weights.value.sub((grads.get(weights) as Tensor<'float32'>).mul(0.1)));
    return value;
  };
  return { weights, fn };
}

describe.skipIf(!hasCuda())('a step on a GPU', () => {
  it('computes what the CPU does, compiled and eagerly', () => {
    const run = (device: Device, compiled: boolean) => {
      const { weights, fn } = regression(device);
      const step = compiled ? compile(fn).runSync : fn;
      const x = input(device);
      const losses = Array.from({ length: 5 }, () => Number((step(x) as Tensor).itemSync()));
      return tensor([...losses, ...weights.value.dataSync()]);
    };
    const expected = run('cpu', false);
    expectClose(run('cpu', true), expected);
    expectClose(run('cuda', false), expected);
    expectClose(run('cuda', true), expected);
  });

  it('is traced anew for another device, and says so', () => {
    const step = compile((x: Tensor) => x.mul(2));
    expect(step.runSync(ones([2])).device).toBe('cpu');
    expect(step.runSync(ones([2], { device: 'cuda' })).device).toBe('cuda');
    expect(step.explain()).toContain('new arguments: [ float32[2] on cuda ]');
    step.runSync(ones([2]));
    expect(step.explain()).not.toContain('trace 3');
  });

  it('is traced anew when a variable moves, and not when it is back', () => {
    const { weights, fn } = regression('cpu');
    const read = compile(() => weights.value.add(1));
    const results = (['cpu', 'cuda', 'cuda', 'cpu'] as const).map((device) => {
      weights.to(device);
      return read.runSync();
    });
    expect(results.map(({ device }) => device)).toEqual(['cpu', 'cuda', 'cuda', 'cpu']);
    for (const result of results) expectClose(result, results[0]);
    expect(read.explain()).toContain('trace 2: a variable moved to another device');
    expect(read.explain()).not.toContain('trace 3');
    const step = compile(fn);
    step.runSync(input('cpu'));
    weights.to('cuda');
    expectHebbError(() => step.runSync(input('cpu')), 'device', 'a step runs on one device', '"w" is on cuda', 'on cpu');
    expectClose(
      step.runSync(input('cuda')),
      compile.disabled(() => step.runSync(input('cuda'))),
      { rtol: 0.1 },
    );
  });

  it('refuses what lies on two devices, naming the line', () => {
    const here = ones([2]);
    const there = ones([2], { device: 'cuda' });
    const parts = ['is on cpu', 'before are on cuda', 'devices.test.ts'];
    expectHebbError(() => compile((x: Tensor) => x.add(here as Tensor)).runSync(there), 'device', 'add:', "x.to('cuda')");
    expectHebbError(() => compile((x: Tensor) => [x.neg(), zeros([2])]).runSync(there), 'device', ...parts);
    expectHebbError(() => compile((x: Tensor, y: Tensor) => [x.neg(), y.neg()]).runSync(there, here), 'device', 'an argument');
    expectHebbError(() => compile((x: Tensor) => x.to('cpu')).runSync(there), 'state', 'to:', 'one device');
  });

  it('draws the numbers of the CPU, though the CPU draws from the same generator in between', () => {
    const run = (device: Device) => {
      const generator = new Generator(5);
      const step = compile((x: Tensor) => x.add(generator.uniform([4], { device })));
      const zero = zeros([4], { device });
      const drawn = Array.from({ length: 3 }, () => {
        const numbers = [...step.runSync(zero).dataSync()];
        return [...numbers, ...generator.uniform([2], { device: 'cpu' }).dataSync()];
      });
      expect(step.explain()).not.toContain('trace 2');
      return tensor(drawn.flat().map(Number));
    };
    expectClose(run('cuda'), run('cpu'));
  });

  it('packs no filters there', () => {
    const filters = new Variable(new Generator(1).normal([4, 3, 3, 8]), { trainable: false });
    const convolve = compile((x: Tensor) => x.conv2d(filters.value, { padding: 'same' }).relu());
    const x = new Generator(2).normal([1, 6, 6, 8]);
    const expected = convolve.runSync(x);
    expect(convolve.explain()).toContain('packFilter');
    filters.to('cuda');
    expectClose(convolve.runSync(x.to('cuda')), expected);
    expect(convolve.explain().split('trace 2')[1]).not.toContain('packFilter');
  });

  it('keeps what only depends on its variables, and computes it anew when they change', () => {
    const scale = new Variable(tensor([1, 2], { device: 'cuda' }), { trainable: false });
    const step = compile((x: Tensor) => x.mul(scale.value.exp().sqrt().log()));
    const x = ones([2], { device: 'cuda' });
    expectClose(step.runSync(x), [0.5, 1]);
    scale.assign(tensor([4, 6], { device: 'cuda' }));
    expectClose(step.runSync(x), [2, 3]);
  });

  it('has its arena there, and frees all of it', () => {
    const x = ones([256, 256], { device: 'cuda' });
    const before = memory('cuda').liveBytes;
    const step = compile((y: Tensor) => y.matmul(y).exp().matmul(y).sum());
    const host = memory('cpu').liveBytes;
    scope(() => void step.runSync(x));
    expect(step.explain()).toMatch(/arena \d+ bytes on cuda/);
    expect(memory('cuda').liveBytes - before).toBeGreaterThanOrEqual(256 * 256 * 4);
    expect(memory('cpu').liveBytes - host).toBeLessThan(256 * 256 * 4);
    const after = memory('cuda');
    for (let i = 0; i < 5; i++) scope(() => void step.runSync(x));
    expect(memory('cuda').liveBytes).toBe(after.liveBytes);
    expect(memory('cuda').tensors).toBe(after.tensors);
  });

  /** Counts up, slowly enough to be in flight while JavaScript goes on. */
  function counter(device: Device) {
    const count = new Variable(zeros([], { device }), { trainable: false });
    const size = device === 'cpu' ? 800 : 160;
    const matrix = new Generator(1).normal([size, size], { std: 1 / Math.sqrt(size) }).to(device);
    const busy = new Variable(matrix, { trainable: false });
    const step = compile((by: Tensor<'float32'>) => {
      const product = busy.value.matmul(matrix).matmul(matrix);
      busy.assign(product);
      count.assign(count.value.add(by).add(product.sum().mul(0)));
      return count.value;
    });
    return { count, step, one: ones([], { device }) };
  }

  it('runs beside JavaScript, in order with ops, reads, copies and steps on the CPU', async () => {
    const counters = [counter('cuda'), counter('cpu')];
    for (const { step, one } of counters) (await step(one)).dispose();
    const pending = Array.from({ length: 4 }, () => counters.map(({ step, one }) => step(one))).flat();
    for (const { count } of counters) {
      expect(count.value.to('cpu').itemSync()).toBe(5);
      expect(count.value.add(1).itemSync()).toBe(6);
    }
    pending.push(...counters.map(({ step, one }) => step(one)));
    const results = await Promise.all(pending);
    expect(results.map((result) => result.itemSync())).toEqual([2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
    for (const result of results) result.dispose();
  });

  // A card is done with so small a step before it would have been handed over.
  it.skipIf(!devices()[1].detail.includes('emulated'))('is in flight when its call returns', async () => {
    const { step, one } = counter('cuda');
    (await step(one)).dispose();
    // On a busy machine a step may end before the line after its call; not each of so many.
    let inFlight = 0;
    for (let i = 0; i < 100 && inFlight === 0; i++) {
      const pending = step(one);
      inFlight = backend().inFlight();
      (await pending).dispose();
    }
    expect(inFlight).toBeGreaterThan(0);
  });

  it('runs several times in one call', () => {
    const count = new Variable(zeros([2], { device: 'cuda' }), { trainable: false });
    const step = compile(
      (by: Tensor<'float32'>) => {
        count.assign(count.value.add(by));
        return count.value;
      },
      { unroll: 3 },
    );
    expectClose(
      step.runSync(
        tensor(
          [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
          { device: 'cuda' },
        ),
      ),
      [
        [1, 1],
        [3, 3],
        [6, 6],
      ],
    );
  });

  it('tells of a bad label at the next read; the step after it works', async () => {
    const step = compile((logits: Tensor, labels: Tensor) => softmaxCrossEntropy(logits, labels).mean());
    const logits = zeros([2, 3], { device: 'cuda' });
    const labels = (values: number[]) => tensor(values, { dtype: 'int32', device: 'cuda' });
    const bad = step.runSync(logits, labels([0, 9]));
    expectHebbError(() => bad.itemSync(), 'range', 'softmaxCrossEntropy', '9');
    expectClose(step.runSync(logits, labels([0, 2])), Math.log(3));
    await expectHebbRejection(
      step(logits, labels([-1, 0])).then((loss) => loss.item()),
      'range',
      '-1',
    );
    expectClose(await step(logits, labels([0, 2])), Math.log(3));
  });

  it('is checked like one on the CPU', () => {
    const { fn } = regression('cuda');
    expect(compile.check(fn, input('cuda'))).toBeLessThan(1e-4);
  });

  it('is profiled there', () => {
    const profile = compile((x: Tensor) => x.matmul(x).relu()).profile(ones([8, 8], { device: 'cuda' }));
    expect(String(profile)).toContain('matmul');
  });
});
