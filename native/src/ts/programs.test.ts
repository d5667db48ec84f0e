import { describe, expect, it } from 'vitest';
import { loadEngine } from './index.js';

/** Programs written by hand, as no TypeScript of Hebb would write them: each is an error with a code, and never a crash. */

const { addon, words } = loadEngine();
const neg = addon.ops(0).indexOf('neg');
const register = (...list: number[]) => addon.registerProgram(0, Float64Array.from(list));
/** neg over `input` into `output`, places of float32 [4]. */
const command = (output: number, input: number) => [neg, 1, 1, 0, output, 0, 1, 4, input, 0, 1, 4];

function codeOf(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

describe('a program', () => {
  it('runs over the buffers that it is given', () => {
    const program = register(2, 64, 2, ...command(-1, 0), ...command(1, -1));
    const [source, target] = [addon.create(0, Float32Array.of(1, 2, 3, 4)), addon.allocate(0, 16)];
    words.set([source, target], 1);
    addon.runProgram(program);
    const result = new Float32Array(4);
    addon.read(target, result);
    expect([...result]).toEqual([1, 2, 3, 4]);
    addon.releaseProgram(program);
    expect(codeOf(() => addon.runProgram(program))).toBe('disposed');
    for (const handle of [source, target]) addon.release(handle);
  });

  it.each([
    ['nothing', []],
    ['NaN', [NaN, 0, 0]],
    ['too many slots', [2 ** 30, 0, 0]],
    ['words left over', [0, 0, 0, 7]],
    ['a place past the arena', [0, 64, 1, ...command(-1, -64)]],
    ['a place between bytes', [0, 64, 1, ...command(-1.5, -1)]],
    ['a slot that there is none of', [1, 64, 1, ...command(1, 0)]],
    ['more attributes than words', [0, 0, 1, neg, 0, 0, 2 ** 40]],
    ['a dtype that is none', [0, 64, 1, neg, 1, 0, 0, -1, 99, 0]],
    ['dimensions that overflow', [0, 64, 1, neg, 1, 0, 0, -1, 0, 2, 2 ** 40, 2 ** 40]],
    ['a rank of 9', [0, 64, 1, neg, 1, 0, 0, -1, 0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ])('is refused with %s', (_what, list) => {
    expect(codeOf(() => register(...list))).toMatch(/internal|shape/);
  });

  it('is refused cut off at any word', () => {
    const whole = [2, 64, 2, ...command(-1, 0), ...command(1, -1)];
    for (let n = 0; n < whole.length; n++) expect(codeOf(() => register(...whole.slice(0, n)))).toBe('internal');
  });

  it('does not run without its buffers, or with one that is too small or stale', () => {
    const program = register(1, 64, 1, ...command(-1, 0));
    const small = addon.create(0, Float32Array.of(1, 2));
    words[1] = small;
    expect(codeOf(() => addon.runProgram(program))).toBe('shape');
    addon.release(small);
    for (const handle of [small, 0, -1, NaN, 2 ** 40]) {
      words[1] = handle;
      expect(codeOf(() => addon.runProgram(program))).toBe('disposed');
    }
    addon.releaseProgram(program);
  });

  it('names the command that fails', () => {
    const program = register(0, 64, 2, ...command(-1, -17), 9999, 0, 0, 0);
    expect(() => addon.runProgram(program)).toThrow(expect.objectContaining({ code: 'unsupported', command: 1 }));
    addon.releaseProgram(program);
  });

  it('is not taken for a device or number that is none', () => {
    for (const device of [NaN, -1, 1e9, 7])
      expect(codeOf(() => addon.registerProgram(device, Float64Array.of(0, 0, 0)))).toBe('unsupported');
    for (const program of [77777, -1]) expect(codeOf(() => addon.runProgram(program))).toBeDefined();
    expect(codeOf(() => addon.allocate(0, -1))).toBe('internal');
    expect(codeOf(() => addon.allocate(9, 8))).toBe('unsupported');
  });
});
