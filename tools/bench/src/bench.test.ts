import { compile, HebbError, scope, setSeed, setThreads, threads } from 'hebb';
import { describe, expect, it, vi } from 'vitest';
import { parseOptions } from './options.js';
import { profile } from './profile.js';
import { findPyTorch } from './pytorch.js';
import { jsonLines, tableRow } from './result.js';
import { targetOf } from './targets.js';
import { median } from './timing.js';
import type { Size } from './workload.js';
import { GPU_WORKLOADS, WORKLOADS } from './workloads/index.js';

/** The least images that networks made for 224 × 224 take, and rows of single ops. */
const SIZES: readonly [RegExp, Size][] = [
  [/alexnet/, { image: 63, batch: 2 }],
  [/vgg16/, { image: 32, batch: 2 }],
  [/resnet/, { image: 64, batch: 2 }],
  [/lenet/, { batch: 2 }],
  [/op/, { image: 8, batch: 2 }],
  [/./, { batch: 2 }],
];

const sizeOf = (name: string): Size | undefined => SIZES.find(([pattern]) => pattern.test(name))?.[1];

describe('workloads', () => {
  it.each(WORKLOADS)('$name runs', ({ name, prepare }) => {
    const run = prepare(sizeOf(name));
    const values = scope(run).dataSync();
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(Number.isFinite(Number(value))).toBe(true);
  });

  it.each(WORKLOADS)('$name gives compiled what it gives eagerly', ({ name, prepare }) => {
    compile.check(prepare(sizeOf(name)));
  });

  it.each(WORKLOADS.filter(({ name }) => !name.startsWith('op/')))(
    '$name compiled is the same bits on 1, 2 and 3 threads',
    (workload) => {
      const before = threads();
      const results = [1, 2, 3].map((count) => {
        setThreads(count);
        setSeed(1);
        const step = compile(workload.prepare(sizeOf(workload.name)));
        return Array.from({ length: 3 }, () => scope(() => [...step.runSync().dataSync()]));
      });
      setThreads(before);
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    },
  );

  it('of GPUs give compiled what they give eagerly', () => {
    for (const { prepare } of GPU_WORKLOADS) compile.check(prepare({ batch: 2, layers: 1, width: 64, context: 8 }));
  });

  it('have names of their own', () => {
    expect(new Set(WORKLOADS.map(({ name }) => name)).size).toBe(WORKLOADS.length);
  });

  it('are profiled by op', () => {
    const playground = WORKLOADS[0];
    expect(profile(playground, 0.001)).toMatch(/1 × {2}matmul \[10, 2\] \[2, 4\] \[4\]/);
  });
});

describe('targets', () => {
  it('are those of the way a workload runs in', () => {
    const name = 'train/resnet18-224-b8-sgdm';
    expect(targetOf(name, { compile: false, bf16: false })).toEqual({ ratio: 0.9 });
    expect(targetOf(name, { compile: true, bf16: false })).toEqual({ ratio: 1.4 });
    expect(targetOf(name, { compile: true, bf16: true })).toEqual({ ratio: 2 });
    expect(targetOf('op/matmul1024', { compile: false, bf16: false })).toBeUndefined();
  });
});

describe('options', () => {
  it.each([
    ['--seconds', '0'],
    ['--seconds', 'x'],
    ['--threads', '1.5'],
    ['--threads', ''],
    ['--rounds', '4'],
    ['--peer', 'tensorflow'],
    ['--modes', 'eager,compiled'],
    ['--nonsense'],
    ['extra'],
    ['--peer', 'pytorch', '--profile'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseOptions(args)).toThrow(HebbError);
  });

  it('reads what fits', () => {
    const args = ['--only', 'op/', '--peer', 'pytorch', '--rounds', '7', '--modes', 'eager,channels_last', '--threads', '1'];
    expect(parseOptions(args)).toMatchObject({
      only: 'op/',
      rounds: 7,
      modes: ['eager', 'channels_last'],
      threads: 1,
      seconds: 2,
    });
    expect(parseOptions(['--help'])).toBe('help');
  });
});

describe('PyTorch', () => {
  it('that is missing is a clear error', async () => {
    vi.stubEnv('HEBB_BENCH', '/nowhere');
    await expect(findPyTorch('python3')).rejects.toThrow(/pytorch_bench.py is missing; set HEBB_BENCH/);
    vi.unstubAllEnvs();
  });
});

describe('results', () => {
  const row = {
    name: 'op/x',
    target: { ratio: 1 },
    hebb: { peer: 'hebb', times: [2, 1, 3] },
    peers: [{ peer: 'pytorch', times: [4, 5, 3] }],
  };

  it('are medians and their ratio', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(
      jsonLines(row)
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { name: 'op/x', peer: 'hebb', per_s: 500, ms: 2, rounds: 3, low: 1, high: 3 },
      { name: 'op/x', peer: 'pytorch', per_s: 250, ms: 4, rounds: 3, low: 3, high: 5, ratio: 2 },
    ]);
    expect(tableRow(row)).toMatch(/op\/x +2.00 \(1.00–3.00\) +eager +4.00 \(3.00–5.00\) +2.00 +≥ 1/);
  });
});
