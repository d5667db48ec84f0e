import { currentReader, Generator, memory, type Tensor, tensor, Variable, zeros } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from './index.js';

/** Long enough to be in flight while JavaScript goes on. */
const matrix = new Generator(1).normal([700, 700], { std: 0.03 });

function slowCounter() {
  const count = new Variable(zeros([1]), { trainable: false });
  const busy = new Variable(matrix);
  const step = compile((by: Tensor<'float32'>) => {
    const product = busy.value.matmul(matrix).matmul(matrix);
    busy.assign(product);
    count.assign(count.value.add(by).add(product.sum().mul(0)));
    return count.value;
  });
  return { count, step };
}

const one = tensor([1]);

describe('a step in flight', () => {
  it('leaves the event loop to others', async () => {
    const { step } = slowCounter();
    (await step(one)).dispose();
    // On a busy machine a step may end before this thread runs again; not each of so many.
    let most = 0;
    for (let i = 0; i < 20 && most <= 2; i++) {
      let turns = 0;
      let done = false;
      const pending = step(one).then((result) => {
        done = true;
        result.dispose();
      });
      while (!done) {
        await new Promise((resolve) => setImmediate(resolve));
        turns++;
      }
      await pending;
      most = Math.max(most, turns);
    }
    expect(most).toBeGreaterThan(2);
  });

  it('keeps its order among others and among ops and reads', async () => {
    const { count, step } = slowCounter();
    // The first runs at once.
    const pending = Array.from({ length: 20 }, () => step(one));
    expect(count.value.add(0).toArray()).toEqual([20]);
    count.assign(tensor([100]));
    pending.push(step(one));
    expect(await count.value.data()).toEqual(Float32Array.of(101));
    const results = await Promise.all(pending);
    expect(results.map((result) => result.itemSync())).toEqual([...Array.from({ length: 20 }, (_, i) => i + 1), 101]);
    for (const result of results) result.dispose();
  });

  it('keeps what it reads: arguments, variables and results may go meanwhile', async () => {
    const { step } = slowCounter();
    (await step(one)).dispose();
    const argument = tensor([7]);
    const pending = step(argument);
    argument.dispose();
    expect((await pending).toArray()).toEqual([8]);
  });

  it('leaves values that were read before alone', async () => {
    const { count, step } = slowCounter();
    (await step(one)).dispose();
    count.assign(zeros([1]));
    const before = count.value;
    const first = step(one);
    const between = count.value;
    const second = step(one);
    await Promise.all([first, second]);
    expect([before, between, count.value].map((value) => value.itemSync())).toEqual([0, 1, 2]);
  });

  it('leaves nothing behind', async () => {
    const { step } = slowCounter();
    for (const result of await Promise.all([step(one), step(one)])) result.dispose();
    const before = memoryWithoutGarbage();
    for (const result of await Promise.all(Array.from({ length: 12 }, () => step(one)))) result.dispose();
    // What other tests left may be collected meanwhile.
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().liveBytes).toBeLessThanOrEqual(before.liveBytes);
  });

  it('makes results that no scope frees, quick or not', async () => {
    const double = compile((x: Tensor) => x.mul(2));
    for (let i = 0; i < 3; i++) expect((await double(one)).toArray()).toEqual([2]);
  });
});

describe('a step in flight that fails', () => {
  function stepThatMayFail() {
    const total = new Variable(zeros([2, 3]), { trainable: false });
    let counted = 0;
    const step = compile((labels: Tensor<'int32'>) => {
      currentReader().onRun(() => {
        counted++;
        return () => counted--;
      });
      // On the argument, so that it is computed in every run.
      const slow = matrix
        .matmul(matrix.add(labels.cast('float32').sum()))
        .sum()
        .mul(0);
      total.assign(total.value.add(1).add(slow));
      return total.value.softmaxCrossEntropy(labels);
    });
    return { total, step, counted: () => counted };
  }
  const right = tensor(Int32Array.of(0, 2));
  const wrong = tensor(Int32Array.of(0, 3));

  it('rejects with op and line, and takes those behind it along; what they did on the host is taken back', async () => {
    const { total, step, counted } = stepThatMayFail();
    const outcomes = await Promise.allSettled([step(right), step(wrong), step(right), step(right)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons[0]).toMatchObject({
      code: 'range',
      message: expect.stringMatching(/^softmaxCrossEntropy: .*3.*in a compiled step, from flight\.test\.ts:\d+/),
    });
    expect(reasons[1]).toMatchObject({ code: 'state', message: expect.stringContaining('a step in flight before it failed') });
    expect(counted()).toBe(1);
    expect(total.value.toArray()).toEqual([[1, 1, 1], [1, 1, 1]]); // biome-ignore format: a table
    await step(right);
    expect(counted()).toBe(2);
  });

  it('takes back what more calls did than may be in flight at once', async () => {
    const { step, counted } = stepThatMayFail();
    await step(right);
    const calls = Array.from({ length: 14 }, (_, i) => step(i === 2 ? wrong : right));
    const outcomes = await Promise.allSettled(calls);
    expect(counted()).toBe(1 + outcomes.filter(({ status }) => status === 'fulfilled').length);
  });

  it('takes back all that those behind it did on the host, however far it had come itself', async () => {
    let counted = 0;
    const step = compile(
      (labels: Tensor<'int32'>) => {
        currentReader().onRun(() => {
          counted++;
          return () => counted--;
        });
        const slow = matrix
          .matmul(matrix.add(labels.cast('float32').sum()))
          .sum()
          .mul(0);
        return zeros([2, 3]).add(slow).softmaxCrossEntropy(labels);
      },
      { unroll: 2 },
    );
    const [good, bad] = [tensor([[0, 2], [0, 2]], { dtype: 'int32' }), tensor([[0, 2], [0, 3]], { dtype: 'int32' })]; // biome-ignore format: a row a run
    await step(good);
    const outcomes = await Promise.allSettled([step(bad), step(good)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // Two of the first call, and the first run of the one that failed in its second.
    expect(counted).toBe(3);
  });

  it('is settled before a step that runs at once', async () => {
    const { total, step, counted } = stepThatMayFail();
    (await step(right)).dispose();
    const failing = expect(step(wrong)).rejects.toThrow(/softmaxCrossEntropy/);
    step.runSync(right);
    expect(counted()).toBe(2);
    await failing;
    expect(total.value.toArray()).toEqual([[2, 2, 2], [2, 2, 2]]); // biome-ignore format: a table
  });
});
