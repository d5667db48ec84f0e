import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { backend } from '../core/runtime.js';
import { OPS } from '../index.js';

const withKernels = [...OPS.values()].filter((op) => !op.alias && !op.compose).map((op) => op.name);
const listed = readFileSync(new URL('../../../../native/include/hebb/ops.def', import.meta.url), 'utf8');

it('has an op for every kernel, and a kernel for every op', () => {
  expect([...withKernels].sort()).toEqual([...backend().kernels].sort());
});

it('agrees with the list in the sources of the engine, order included', () => {
  expect([...listed.matchAll(/^HEBB_OP\((\w+)\)/gm)].map((match) => match[1])).toEqual(backend().kernels);
});

it('names every op once', () => {
  for (const [name, op] of OPS) expect(op.name).toBe(name);
  expect(new Set(withKernels).size).toBe(withKernels.length);
});
