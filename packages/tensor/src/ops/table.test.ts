import { readdirSync, readFileSync } from 'node:fs';
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

/** Tested without golden files: there is nothing to compute, or nothing that PyTorch computes the same. */
const WITHOUT_GOLDEN = [
  'full',
  'arange',
  'copy',
  'packFilter',
  'fused',
  'again',
  'stopGradient',
  'to',
  'randomUniform',
  'randomNormal',
  'randomTruncatedNormal',
  'randomPermutation',
];

it('has golden cases for every op; gradient kernels by way of the gradients', () => {
  const folder = new URL('../../golden/', import.meta.url);
  const covered = readdirSync(folder).flatMap((file) => Object.keys(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))));
  const missing = [...OPS.keys()].filter((name) => !name.endsWith('Grad') && !covered.includes(name));
  expect(missing.sort()).toEqual([...WITHOUT_GOLDEN].sort());
});
