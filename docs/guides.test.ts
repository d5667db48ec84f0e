import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: a plain script, shared with the pack test
import { codeBlocks, fileBlocks } from '../tools/docs/blocks.mjs';

const root = join(import.meta.dirname, '..');
let folder: string;

// Inside the workspace, so that packages resolve as installed ones do: by their published entry points in dist.
beforeAll(() => {
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, 'node_modules', '.cache', 'guides-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TSCONFIG = {
  extends: join(root, 'tsconfig.base.json'),
  compilerOptions: { rootDir: 'src', outDir: 'out', composite: false },
  include: ['src'],
};

/** Writes the files, compiles them as a user would, and returns what running one of them prints. */
function project(name: string, files: ReadonlyMap<string, string>): (script: string, env?: Record<string, string>) => string {
  const directory = join(folder, name);
  for (const [file, code] of [...files, ['tsconfig.json', JSON.stringify(TSCONFIG)]] as [string, string][]) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), code);
  }
  execFileSync('node', [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', directory], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return (script, env) =>
    execFileSync('node', [join(directory, 'out', script)], { encoding: 'utf8', env: { ...process.env, ...env }, cwd: directory });
}

describe('docs/add-a-layer.md', () => {
  it('does what it says', () => {
    const run = project('layer', fileBlocks(join(root, 'docs', 'add-a-layer.md')));
    expect(run('check.js')).toMatch(/^largest difference \S+e-\d+\n$/);
    const printed = run('train.js');
    expect(printed).toContain('glu (GLU)');
    expect(printed).toContain('glu/kernel glu/bias dense/kernel dense/bias');
    const [, first, last] = printed.match(/loss (\S+) → (\S+)/) ?? [];
    expect(Number(last)).toBeLessThan(Number(first) / 10);
  });
});

describe('docs/add-an-op.md', () => {
  it('does what it says', () => {
    const run = project('op', fileBlocks(join(root, 'docs', 'add-an-op.md')));
    const [values, gradients] = run('check.js').trim().split('\n');
    expect(values).toMatch(/^\[ 0, 0\.4337\d*, 999\.3068\d* \]$/);
    expect(gradients).toMatch(/^\[ 0, 0\.7615\d*, -1 \]$/);
  });
});

describe('docs/gpu.md', () => {
  it('trains where there is a device', () => {
    const printed = project(
      'gpu',
      new Map([['package.json', '{ "type": "module" }'], ...fileBlocks(join(root, 'docs', 'gpu.md'))]),
    )('devices.js');
    expect(printed).toMatch(/^cpu /);
    const [, first, last, placed] = printed.match(/loss (\S+) → (\S+) (\S+)/) ?? [];
    expect(Number(last)).toBeLessThan(Number(first) / 2);
    expect(placed).toBe('true');
    expect(printed.trim().split('\n').at(-1)).toBe('2');
  });
});

describe('README.md', () => {
  const blocks: string[] = codeBlocks(join(root, 'README.md'), 'ts');

  it('trains LeNet-5 in 20 lines', () => {
    expect(
      blocks[0]
        .trim()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(20);
    const data = join(folder, 'data');
    execFileSync('node', [
      '-e',
      `import(${JSON.stringify(join(root, 'tools/docs/drawn-mnist.mjs'))}).then((m) => m.writeDrawnMnist(${JSON.stringify(data)}, { train: 3000, test: 300 }))`,
    ]);
    const printed = project(
      'readme',
      new Map([
        ['package.json', '{ "type": "module" }'],
        ['src/example.ts', blocks[0]],
      ]),
    )('example.js', { HEBB_DATA: data });
    const [, accuracy] = printed.match(/accuracy: (\S+) /) ?? [];
    expect(Number(accuracy)).toBeGreaterThan(0.9);
  });

  it('shows tensors, gradients and variables', () => {
    const printed = project(
      'basics',
      new Map([
        ['package.json', '{ "type": "module" }'],
        ['src/basics.ts', blocks[1]],
      ]),
    )('basics.js');
    expect(printed).toContain('[ [ 6, 12 ], [ 18, 24 ] ]');
  });
});
