import { expectClose, expectHebbError, hasCuda, testErrors } from '@hebb/testing';
import { afterEach, describe, expect, it } from 'vitest';
import {
  arange,
  eye,
  full,
  Generator,
  getDefaultDevice,
  linspace,
  memory,
  oneHot,
  ones,
  onesLike,
  resetPeakMemory,
  scalar,
  scaledDotProductAttention,
  scope,
  selfAttention,
  setDefaultDevice,
  setMemoryBudget,
  softmaxCrossEntropy,
  stack,
  type Tensor,
  tensor,
  trimMemory,
  Variable,
  where,
  zeros,
} from '../index.js';

afterEach(() => setDefaultDevice('cpu'));

const made: Record<string, (device: 'cpu' | 'cuda') => Tensor> = {
  tensor: (device) => tensor([1, 2], { device }),
  'tensor of a typed array': (device) => tensor(Int32Array.of(1, 2), { device }),
  'tensor in bfloat16': (device) => tensor([1, 2], { dtype: 'bfloat16', device }),
  zeros: (device) => zeros([2], { device }),
  ones: (device) => ones([2], { dtype: 'int64', device }),
  full: (device) => full([2], 3, { device }),
  scalar: (device) => scalar(3, { device }),
  arange: (device) => arange(0, 5, 2, { device }),
  linspace: (device) => linspace(0, 1, 3, { device }),
  eye: (device) => eye(2, 3, { device }),
  uniform: (device) => new Generator(1).uniform([3], { device }),
  normal: (device) => new Generator(1).normal([3], { dtype: 'float64', device }),
  truncatedNormal: (device) => new Generator(1).truncatedNormal([3], { device }),
  bernoulli: (device) => new Generator(1).bernoulli([9], 0.5, { device }),
  permutation: (device) => new Generator(1).permutation(9, { device }),
};

it('makes tensors on the CPU unless it is told', () => {
  expect(getDefaultDevice()).toBe('cpu');
  for (const make of Object.values(made)) expect(make('cpu').device).toBe('cpu');
  expect(zeros([1]).device).toBe('cpu');
});

testErrors({
  'an unknown default': [() => setDefaultDevice(JSON.parse('"tpu"')), 'argument', 'setDefaultDevice:', '"tpu"'],
  'an unknown device': [() => zeros([1], { device: JSON.parse('"tpu"') }), 'argument', 'zeros:', "'cpu' or 'cuda'", '"tpu"'],
  'an unknown device of a tensor': [() => tensor([1], { device: JSON.parse('1') }), 'argument', 'tensor:', '1'],
  'an unknown device of random numbers': [
    () => new Generator(0).uniform([1], { device: JSON.parse('"x"') }),
    'argument',
    'uniform:',
    '"x"',
  ],
  'the memory of an unknown device': [() => memory(JSON.parse('"x"')), 'argument', 'memory:', '"x"'],
});

describe.skipIf(!hasCuda())('on a GPU', () => {
  it.each(Object.entries(made))('%s makes the same there', (_name, make) => {
    const there = make('cuda');
    expect(there.device).toBe('cuda');
    expectClose(there, make('cpu'));
  });

  it('is the default once it was set', () => {
    setDefaultDevice('cuda');
    expect(getDefaultDevice()).toBe('cuda');
    for (const x of [tensor([1]), zeros([1]), ones([1], 'int32'), arange(3), eye(2), new Generator(0).normal([2])])
      expect(x.device).toBe('cuda');
    expect(zeros([1], { device: 'cpu' }).device).toBe('cpu');
  });

  it('computes where the operands are, whatever the default', () => {
    const x = tensor([1, 4], { device: 'cuda' });
    const images = ones([1, 3, 5, 2], { device: 'cuda' });
    const q = ones([1, 3, 2], { device: 'cuda' });
    const results = {
      sum: x.add(1),
      scaled: x.mul(x.add(2)),
      left: where(x.greater(2), 0, x),
      like: onesLike(x),
      shape: x.reshape([2, 1]),
      hot: oneHot(x.cast('int32'), 5),
      pooled: images.adaptiveAvgPool2d(2),
      selfAttention: selfAttention(stack([q, q, q], -2).expandDims(-2), { dropout: 0.5 }),
      attention: scaledDotProductAttention(q, q, q, { causal: true, dropout: 0.5 }),
      dropped: x.dropout(0.5),
    };
    for (const [name, result] of Object.entries(results)) expect(result.device, name).toBe('cuda');
    expectClose(results.left, [1, 0]);
  });

  it('says where a tensor is', () => {
    const x = zeros([2, 3], { device: 'cuda' });
    expect(String(x)).toBe('Tensor(float32 [2, 3] on cuda)');
    expect(String(zeros([2, 3]))).toBe('Tensor(float32 [2, 3])');
    expectHebbError(() => x.add(zeros([4], { device: 'cuda' })), 'shape', 'float32 [2, 3] on cuda', 'float32 [4] on cuda');
  });

  it('refuses operands on two devices, naming op and devices and what to do', () => {
    const [here, there] = [ones([2]), ones([3, 2], { device: 'cuda' })];
    const parts = ['float32 [2] on cpu', 'float32 [3, 2] on cuda', "x.to('cuda')"];
    expectHebbError(() => here.add(there), 'device', 'add:', ...parts);
    expectHebbError(() => there.matmul(here.reshape([2, 1])), 'device', 'matmul:', "x.to('cuda')");
    expectHebbError(() => here.equal(0).where<'float32'>(there, 1), 'device', 'where:');
    const variable = new Variable(there);
    expectHebbError(() => variable.assign(ones([3, 2])), 'device', 'assign:', 'on cuda', 'on cpu', "value.to('cuda')");
  });

  it('draws the same numbers on both, one stream for all', () => {
    const [a, b] = [new Generator(3), new Generator(3)];
    const devices = ['cpu', 'cuda', 'cuda', 'cpu'] as const;
    for (const device of devices) expectClose(a.uniform([5], { device }), b.uniform([5], { device: 'cpu' }));
    expect(a.state.device).toBe('cpu');
    a.uniform([1], { device: 'cuda' });
    expect(a.state.device).toBe('cuda');
    a.reseed(3);
    b.reseed(3);
    expect(a.state.device).toBe('cuda');
    expectClose(a.uniform([5], { device: 'cpu' }), b.uniform([5]));
  });

  it('moves variables in place', () => {
    const variable = new Variable(tensor([1, 2]), { name: 'v' });
    const before = variable.value;
    const { version } = variable;
    expect(variable.to('cuda')).toBe(variable);
    expect([variable.device, variable.value.device, before.device]).toEqual(['cuda', 'cuda', 'cpu']);
    expect(variable.version).toBeGreaterThan(version);
    variable.assign(variable.value.mul(3));
    expectClose(variable.to('cpu').value, [3, 6]);
    expect(variable.valueOn('cuda').device).toBe('cpu');
    const follower = new Variable(tensor([1]), { follows: true });
    expect(follower.valueOn('cuda').device).toBe('cuda');
    expectHebbError(() => variable.to(JSON.parse('"x"')), 'argument', 'to:', '"x"');
  });

  it('keeps the books of each device, and frees there', () => {
    const start = memory('cuda').liveBytes;
    scope(() => {
      const x = ones([1000], { device: 'cuda' });
      const host = memory('cpu').liveBytes;
      x.add(1).mul(x);
      expect(memory('cpu').liveBytes - host).toBeLessThan(1000);
      expect(memory('cuda').liveBytes).toBeGreaterThanOrEqual(start + 12_000);
    });
    expect(memory('cuda').liveBytes).toBeLessThan(start + 100);
    resetPeakMemory('cuda');
    expect(memory('cuda').peakBytes).toBe(memory('cuda').liveBytes);
    trimMemory('cuda');
  });

  it('has a budget of its own', () => {
    setMemoryBudget(memory('cuda').liveBytes + 1000, 'cuda');
    try {
      expect(memory('cuda').budgetBytes).toBeGreaterThan(0);
      expectHebbError(() => zeros([10_000], { device: 'cuda' }), 'out-of-memory', 'full:');
      expectHebbError(() => zeros([10_000]).to('cuda'), 'out-of-memory', 'to:');
      expect(zeros([10_000]).device).toBe('cpu');
    } finally {
      setMemoryBudget(0, 'cuda');
    }
    expect(zeros([10_000], { device: 'cuda' }).device).toBe('cuda');
  });

  it('reports a bad label or index at the next read, and the op after that works', () => {
    const logits = zeros([2, 3], { device: 'cuda' });
    const losses = softmaxCrossEntropy(logits, tensor([1, 7], { dtype: 'int32', device: 'cuda' }));
    expectHebbError(() => losses.dataSync(), 'range', 'softmaxCrossEntropy', '7');
    expectClose(softmaxCrossEntropy(logits, tensor([1, 2], { dtype: 'int32', device: 'cuda' })), [Math.log(3), Math.log(3)]);
    const rows = logits.gather(tensor([5], { dtype: 'int32', device: 'cuda' }));
    expectHebbError(() => rows.dataSync(), 'range', 'gather', '5');
    expect(logits.sum().itemSync()).toBe(0);
  });

  it('reads without blocking the event loop', async () => {
    expect(await tensor([1, 2], { device: 'cuda' }).data()).toEqual(Float32Array.of(1, 2));
    expect(await scalar(4, { dtype: 'int64', device: 'cuda' }).item()).toBe(4n);
  });
});
