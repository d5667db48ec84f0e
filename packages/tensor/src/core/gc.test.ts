import { expect, it } from 'vitest';
import { keep, memory, ones, scope, type Tensor, zeros } from '../index.js';

const MIB = 2 ** 20;

/** V8 collects on threads of its own, and late where the machine is busy: each loop would grow to four times this without it. */
const MOST = 1000 * MIB;

/** The most that resident memory grows while a loop runs that never yields to the event loop. */
function growth(body: (i: number) => void, times: number): number {
  const before = process.memoryUsage.rss();
  let most = before;
  for (let i = 0; i < times; i++) {
    body(i);
    if (i % 20 === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  return most - before;
}

it('frees the tensors of a synchronous loop that nobody disposes of', () => {
  expect(growth(() => zeros([MIB / 4]), 4000)).toBeLessThan(MOST);
});

it('frees temporaries of expressions outside of scopes', () => {
  let x: Tensor = ones([MIB / 4]);
  expect(
    growth(() => {
      x = x.mul(0.5).add(0.5);
    }, 2000),
  ).toBeLessThan(MOST);
  expect(x.dataSync()[7]).toBe(1);
});

it('frees what left its scope or was kept', () => {
  const body = (i: number) => (i % 2 ? scope(() => zeros([MIB / 4])) : scope(() => keep(zeros([MIB / 4]))));
  expect(growth(body, 4000)).toBeLessThan(MOST);
});

it('does not free what is still referenced', () => {
  const held = Array.from({ length: 20 }, (_, i) => zeros([1000]).add(i));
  growth(() => zeros([MIB / 4]), 500);
  for (const [i, x] of held.entries()) expect(x.dataSync()[999]).toBe(i);
  expect(memory().tensors).toBeGreaterThanOrEqual(20);
});
