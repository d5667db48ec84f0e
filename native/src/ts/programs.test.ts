import { describe, expect, it } from 'vitest';
import { loadEngine } from './index.js';

/** Programs written by hand, as no TypeScript of Hebb would write them: each is an error with a code, and never a crash. */

const { addon, words } = loadEngine();
const neg = addon.ops(0).indexOf('neg');
const register = (...list: number[]) => addon.registerProgram(0, Float64Array.from(list));
/** neg over `input` into `output`, places of float32 [4]. */
const command = (output: number, input: number) => [neg, 1, 1, 0, output, 0, 1, 4, input, 0, 1, 4];

/** Fills a program's slots, all from the beginning of their buffers. */
const bind = (...handles: number[]) => words.set([handles.length, ...handles.flatMap((handle) => [handle, 0])]);

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
    bind(source, target);
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
    bind(small);
    expect(codeOf(() => addon.runProgram(program))).toBe('shape');
    addon.release(small);
    for (const handle of [small, 0, -1, NaN, 2 ** 40]) {
      bind(handle);
      expect(codeOf(() => addon.runProgram(program))).toBe('disposed');
    }
    addon.releaseProgram(program);
  });

  it('names the command that fails', () => {
    const program = register(0, 64, 2, ...command(-1, -17), 9999, 0, 0, 0);
    bind();
    expect(() => addon.runProgram(program)).toThrow(expect.objectContaining({ code: 'unsupported', command: 1, time: 0 }));
    addon.releaseProgram(program);
  });

  it('is not taken for a device or number that is none', () => {
    for (const device of [NaN, -1, 1e9, 7])
      expect(codeOf(() => addon.registerProgram(device, Float64Array.of(0, 0, 0)))).toBe('unsupported');
    for (const program of [77777, -1]) expect(codeOf(() => addon.runProgram(program))).toBeDefined();
    expect(codeOf(() => addon.allocate(0, -1))).toBe('internal');
    expect(codeOf(() => addon.allocate(9, 8))).toBe('unsupported');
  });

  it('runs several times over as many sets of slots, from anywhere in their buffers', () => {
    const program = register(2, 0, 1, ...command(1, 0));
    const [source, target] = [addon.create(0, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)), addon.allocate(0, 32)];
    words.set([4, source, 0, target, 0, source, 16, target, 16]);
    addon.runProgram(program);
    const result = new Float32Array(8);
    addon.read(target, result);
    expect([...result]).toEqual([-1, -2, -3, -4, -5, -6, -7, -8]);
    for (const offset of [17, 33, -1, 0.5, NaN, 2 ** 60]) {
      words.set([2, source, offset, target, 0]);
      expect(codeOf(() => addon.runProgram(program))).toBe('shape');
    }
    for (const count of [0, 1, 3, 1.5, -2, NaN, 2 ** 50]) {
      words[0] = count;
      expect(codeOf(() => addon.runProgram(program))).toBe('internal');
      expect(codeOf(() => addon.beginProgram(program))).toBe('internal');
    }
    addon.releaseProgram(program);
    for (const handle of [source, target]) addon.release(handle);
  });

  it('measures its commands, given room for them', () => {
    const program = register(1, 64, 1, ...command(-1, 0));
    const source = addon.create(0, Float32Array.of(1, 2, 3, 4));
    bind(source);
    const spent = Float64Array.of(-1);
    addon.runProgram(program, spent);
    expect(spent[0]).toBeGreaterThan(-1);
    expect(codeOf(() => addon.runProgram(program, new Float64Array(0)))).toBe('internal');
    addon.releaseProgram(program);
    addon.release(source);
  });
});

describe('a program in flight', () => {
  const read = (handle: number) => {
    const result = new Float32Array(4);
    addon.read(handle, result);
    return [...result];
  };

  it('keeps its order, its buffers and its program, and reads of what it writes wait', () => {
    const program = register(2, 64, 2, ...command(-1, 0), ...command(1, -1));
    const live = addon.memory(0).tensors;
    let source = addon.create(0, Float32Array.of(1, 2, 3, 4));
    for (let i = 0; i < 100; i++) {
      const target = addon.allocate(0, 16);
      bind(source, target);
      expect(addon.beginProgram(program)).toBeGreaterThan(0);
      addon.release(source);
      source = target;
    }
    expect(read(source)).toEqual([1, 2, 3, 4]);
    addon.releaseProgram(program);
    addon.release(source);
    addon.waitFor(addon.settle());
    addon.settle();
    expect(addon.memory(0).tensors).toBe(live);
  });

  it('that fails stops those behind it until the failure is taken', () => {
    const source = addon.create(0, Float32Array.of(1, 2, 3, 4));
    const target = addon.create(0, Float32Array.of(0, 0, 0, 0));
    const works = register(2, 0, 1, ...command(1, 0));
    const fails = register(2, 0, 1, 9999, 1, 1, 0, 1, 0, 1, 4, 0, 0, 1, 4);
    bind(source, target);
    const failed = addon.beginProgram(fails);
    const skipped = addon.beginProgram(works);
    addon.waitFor(skipped);
    expect(read(target)).toEqual([0, 0, 0, 0]);
    expect(addon.takeFailure()).toMatchObject({ code: 'unsupported', command: 0, time: 0, ticket: failed });
    expect(addon.takeFailure()).toBeUndefined();
    addon.waitFor(addon.beginProgram(works));
    expect(addon.settle()).toBeGreaterThan(skipped);
    expect(read(target)).toEqual([-1, -2, -3, -4]);
    for (const program of [works, fails]) addon.releaseProgram(program);
    for (const handle of [source, target]) addon.release(handle);
  });

  it('is refused with stale buffers and unknown tickets', () => {
    const program = register(1, 64, 1, ...command(-1, 0));
    bind(12345);
    expect(codeOf(() => addon.beginProgram(program))).toBe('disposed');
    addon.releaseProgram(program);
    expect(codeOf(() => addon.beginProgram(program))).toBe('disposed');
    expect(codeOf(() => addon.waitFor(1e9))).toBe('internal');
    expect(codeOf(() => addon.waitFor(NaN))).toBe('internal');
  });
});
