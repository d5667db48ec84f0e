import { describe, expect, it } from 'vitest';
import { loadEngine } from './index.js';

/** Command lists written by hand, as no TypeScript of Hebb would write them: each is an error with a code, and never a crash. */

const { addon, words } = loadEngine();
const ops = addon.ops(0);
const FLOAT32 = 0;

const buffer = (bytes: number) => addon.create(0, new Uint8Array(bytes));
const operand = (handle: number, dims: number[], dtype = FLOAT32) => [handle, dtype, dims.length, ...dims];

function run(...list: number[]): void {
  words.set(list, 1);
  words[0] = list.length + 1;
  addon.run();
}

/** One command of an op with operands as they are given. */
function command(op: string, outputs: number[][], inputs: number[][], attributes: number[] = []): number[] {
  return [
    ops.indexOf(op),
    0,
    outputs.length,
    inputs.length,
    attributes.length,
    ...outputs.flat(),
    ...inputs.flat(),
    ...attributes,
  ];
}

function expectCode(fn: () => unknown, code: string): void {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Error);
  expect((thrown as { code?: string }).code).toBe(code);
  expect((thrown as Error).message).not.toBe('');
}

const x = buffer(16);
const four = operand(x, [4]);
const fresh = operand(0, [4]);

describe('a well-formed list', () => {
  it('runs, and several commands in one go', () => {
    const ones = addon.create(0, Float32Array.of(1, 2, 3, 4));
    run(...command('add', [fresh], [operand(ones, [4]), operand(ones, [4])]), ...command('neg', [fresh], [operand(ones, [4])]));
    const [sum, negative] = [words[6], words[6 + 3 * 4 + 5]];
    const read = (handle: number) => {
      const values = new Float32Array(4);
      addon.read(handle, values);
      return [...values];
    };
    expect([read(sum), read(negative)]).toEqual([
      [2, 4, 6, 8],
      [-1, -2, -3, -4],
    ]);
    for (const handle of [ones, sum, negative]) expect(addon.release(handle)).toBe(true);
  });
});

describe('a malformed operand', () => {
  const stale = buffer(16);
  addon.release(stale);
  const neg = (input: number[], output = fresh) => run(...command('neg', [output], [input]));

  it.each([
    ['a stale handle', operand(stale, [4]), 'disposed'],
    ['a handle of nobody', operand(123_456_789, [4]), 'disposed'],
    ['handle 0 as an input', operand(0, [4]), 'disposed'],
    ['a negative handle', operand(-1, [4]), 'internal'],
    ['a fractional handle', operand(x + 0.5, [4]), 'internal'],
    ['a handle past 32 bits', operand(2 ** 32 + x, [4]), 'internal'],
    ['a handle of NaN', operand(Number.NaN, [4]), 'internal'],
    ['an infinite handle', operand(Infinity, [4]), 'internal'],
    ['dtype 8', operand(x, [4], 8), 'internal'],
    ['dtype -1', operand(x, [4], -1), 'internal'],
    ['dtype NaN', operand(x, [4], Number.NaN), 'internal'],
    ['rank 99', [x, FLOAT32, 99, ...new Array<number>(99).fill(1)], 'internal'],
    ['rank -1', [x, FLOAT32, -1], 'internal'],
    ['rank NaN', [x, FLOAT32, Number.NaN, 4], 'internal'],
    ['a negative dimension', operand(x, [-4]), 'shape'],
    ['a fractional dimension', operand(x, [1.5]), 'shape'],
    ['a dimension of NaN', operand(x, [Number.NaN]), 'shape'],
    ['an infinite dimension', operand(x, [Infinity]), 'shape'],
    ['a dimension of 2^53', operand(x, [2 ** 53]), 'shape'],
    ['dimensions that wrap to a small number', operand(x, [2 ** 32, 2 ** 32]), 'shape'],
    ['dimensions that wrap behind a zero', operand(x, [0, 2 ** 52, 2 ** 52]), 'shape'],
    ['more than its buffer', operand(x, [5]), 'shape'],
    ['much more than its buffer', operand(x, [2 ** 40]), 'shape'],
    ['wider elements than its buffer', operand(x, [4], 1), 'shape'],
  ])('%s', (_name, bad, code) => {
    const before = addon.memory(0).tensors;
    expectCode(() => neg(bad), code);
    // As an output too, unless 0 means that it is to be made.
    if (bad[0] !== 0) expectCode(() => neg(four, bad), code);
    expect(addon.memory(0).tensors).toBe(before);
  });

  it('an output that does not fit its input', () => {
    expectCode(() => neg(four, operand(0, [3])), 'shape');
    expectCode(() => neg(four, operand(0, [4], 4)), 'dtype');
    expectCode(() => neg(four, operand(0, [2, 2, 1, 1])), 'shape');
  });

  it('an output that memory cannot hold', () => {
    expectCode(() => run(...command('full', [operand(0, [2 ** 44])], [], [0])), 'out-of-memory');
  });
});

describe('a malformed command', () => {
  const good = command('neg', [fresh], [four]);
  const changed = (at: number, value: number) => good.map((word, i) => (i === at ? value : word));

  it.each([
    ['opcode past the end', changed(0, 10_000)],
    ['opcode -1', changed(0, -1)],
    ['opcode NaN', changed(0, Number.NaN)],
    ['opcode 2^40', changed(0, 2 ** 40)],
    ['device 1', changed(1, 1)],
    ['device 255', changed(1, 255)],
    ['device 2^40', changed(1, 2 ** 40)],
    ['no outputs', changed(2, 0)],
    ['outputs past all bounds', changed(2, 1e9)],
    ['outputs NaN', changed(2, Number.NaN)],
    ['inputs past the list', changed(3, 1024)],
    ['inputs -1', changed(3, -1)],
    ['attributes past the list', changed(4, 1)],
    ['attributes 2^60', changed(4, 2 ** 60)],
    ['attributes -1', changed(4, -1)],
  ])('%s', (_name, list) => {
    const before = addon.memory(0).tensors;
    expect(() => run(...list)).toThrow();
    expect(addon.memory(0).tensors).toBe(before);
  });

  it.each(good.map((_, length) => length).slice(1))('cut off after %i words', (length) => {
    const before = addon.memory(0).tensors;
    // What follows is garbage of an earlier list.
    words.fill(7, 1, 200);
    expect(() => run(...good.slice(0, length))).toThrow();
    expect(addon.memory(0).tensors).toBe(before);
  });

  it.each([words.length + 1, 2 ** 53, -1, 0, 0.5, Number.NaN, Infinity])('end %d', (end) => {
    words.set(good, 1);
    words[0] = end;
    expectCode(() => addon.run(), 'internal');
  });

  it('a list that ends at the last word', () => {
    words.fill(0);
    words[0] = words.length;
    expect(() => addon.run()).toThrow();
    words.fill(Number.NaN);
    words[0] = words.length;
    expectCode(() => addon.run(), 'internal');
  });

  it('a second command that fails frees what the first made', () => {
    const before = addon.memory(0).tensors;
    expect(() => run(...good, ...changed(0, 10_000))).toThrow();
    expect(addon.memory(0).tensors).toBe(before);
  });
});

describe('every op', () => {
  it.each(ops)('%s refuses wrong numbers of operands and strange attributes', (op) => {
    const before = addon.memory(0).tensors;
    const strange = [Number.NaN, Infinity, -1, 2 ** 60, 1e308, 0.5];
    for (const outputs of [0, 1, 2, 3]) {
      for (const inputs of [0, 1, 2, 3, 5]) {
        for (const attributes of [0, 1, 3, 9, 12]) {
          for (const value of strange) {
            const list = command(
              op,
              Array.from({ length: outputs }, () => operand(x, [1, 2, 2, 1].slice(inputs % 3))),
              Array.from({ length: inputs }, () => operand(x, [1, 2, 2, 1].slice(outputs % 3))),
              new Array<number>(attributes).fill(value),
            );
            try {
              run(...list);
            } catch (error) {
              expect((error as { code?: string }).code).toMatch(/^(shape|dtype|range|unsupported|internal|out-of-memory)$/);
            }
          }
        }
      }
    }
    expect(addon.memory(0).tensors).toBe(before);
  });

  it.each(ops)('%s survives operands of random shapes and dtypes', (op) => {
    const random = randomNumbers(ops.indexOf(op) + 1);
    const data = [buffer(4096), buffer(4096), buffer(4096)];
    const out = buffer(4096);
    const any = (handle: number) =>
      operand(
        handle,
        Array.from({ length: random(6) }, () => random(5)),
        random(8) < 5 ? FLOAT32 : random(8),
      );
    for (let i = 0; i < 300; i++) {
      const inputs = data.slice(0, random(4)).map(any);
      const attributes = Array.from({ length: random(14) }, () => random(6) - 2);
      try {
        run(...command(op, [any(out)].slice(random(8) === 0 ? 1 : 0), inputs, attributes));
      } catch (error) {
        expect((error as Error).message).not.toBe('');
      }
    }
    for (const handle of [...data, out]) expect(addon.release(handle)).toBe(true);
  });
});

/** Whole numbers below a bound: a linear congruential generator, for tests that are the same each time. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('functions of the addon', () => {
  const call = (name: keyof typeof addon, ...args: unknown[]) => Reflect.apply(addon[name], addon, args);

  it('refuse arguments of any other kind', () => {
    for (const junk of [undefined, null, 'x', {}, [], -1, Number.NaN, 2 ** 40, Symbol.iterator]) {
      expect(call('retain', junk)).toBe(false);
      expect(call('release', junk)).toBe(false);
      expect(() => call('read', junk, new Uint8Array(1))).toThrow();
      expect(() => call('read', x, junk)).toThrow();
      expect(() => call('create', 0, junk)).toThrow();
      expect(() => call('open', junk)).toThrow();
    }
    expect(() => call('create')).toThrow();
    expect(() => call('read', x)).toThrow();
    expect(() => call('bindWords', new Uint8Array(3))).toThrow();
    expect(() => call('memory', 7)).toThrow();
    expect(() => call('ops', 7)).toThrow();
  });

  it('do not read past the end of a buffer', () => {
    expectCode(() => addon.read(x, new Uint8Array(17)), 'internal');
    addon.read(x, new Uint8Array(16));
  });

  it('do not read detached arrays', () => {
    const values = new Float32Array(4);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    // A detached array has no bytes: it is refused, or empty.
    try {
      addon.release(addon.create(0, values));
    } catch (error) {
      expect((error as { code?: string }).code).toBe('internal');
    }
  });

  it('release what was retained once more', () => {
    const handle = buffer(8);
    expect(addon.retain(handle)).toBe(true);
    expect([addon.release(handle), addon.release(handle), addon.release(handle)]).toEqual([true, true, false]);
  });

  it('releaseWords ignores what is no handle', () => {
    const handle = buffer(8);
    words.set([Number.NaN, -1, 2 ** 40, 0, handle, handle], 1);
    words[0] = 7;
    addon.releaseWords();
    expect(addon.release(handle)).toBe(false);
    words[0] = Number.NaN;
    addon.releaseWords();
  });
});
