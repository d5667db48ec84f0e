import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
import { callSite } from './where.js';

const at = (filename: string): string => runInThisContext('(callSite) => callSite()', { filename })(callSite);

it('is the line of the caller, and not of packages of its own', () => {
  expect(callSite()).toBe('where.test.ts:8');
  expect(at('/home/me/train.js')).toBe('train.js:1');
  expect(at('/home/me/node_modules/@hebb/train/dist/trainer.js')).toMatch(/^where\.test\.ts:/);
  expect(at(new URL('../../layers/src/dense.ts', import.meta.url).href)).toMatch(/^where\.test\.ts:/);
});

it('may lie in packages of the user with the names of ours', () => {
  expect(at('/home/me/packages/train/src/mine.ts')).toBe('mine.ts:1');
});
