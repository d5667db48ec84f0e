import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { loadEngine } from './index.js';

/** The addon with buffers on two devices; the second is whatever opens as the GPU. */
const { addon, words, open } = loadEngine();
const CPU = 0;
const cuda = open('cuda') as number;
const ops = addon.ops(CPU);

function read(handle: number, count: number): number[] {
  const values = new Float32Array(count);
  addon.read(handle, values);
  return [...values];
}

/** [opcode, device, outputs, inputs, attributes, operand…] of float32 [2] operands. */
function neg(device: number, input: number, output = 0): void {
  const list = [ops.indexOf('neg'), device, 1, 1, 0, output, 0, 1, 2, input, 0, 1, 2];
  words.set(list, 1);
  words[0] = list.length + 1;
  addon.run();
}

function libFolder(): string {
  const platform = () => createRequire(import.meta.url).resolve(`@hebb/native-${process.platform}-${process.arch}/package.json`);
  return process.env.HEBB_NATIVE_PATH ?? join(dirname(platform()), 'lib');
}

function codeOf(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

describe.skipIf(cuda === undefined)('two devices', () => {
  it('have buffers of their own, and their own books', () => {
    const before = [addon.memory(CPU), addon.memory(cuda)];
    const there = addon.create(cuda, Float32Array.of(1, 2));
    expect(addon.memory(cuda).tensors).toBe(before[1].tensors + 1);
    expect(addon.memory(cuda).liveBytes).toBe(before[1].liveBytes + 8);
    expect(addon.memory(CPU)).toMatchObject({ tensors: before[0].tensors, liveBytes: before[0].liveBytes });
    expect(read(there, 2)).toEqual([1, 2]);
    addon.release(there);
    expect(addon.memory(cuda).liveBytes).toBe(before[1].liveBytes);
  });

  it('copy buffers in every direction', () => {
    const here = addon.create(CPU, Float32Array.of(3, 4));
    const there = addon.copy(here, cuda);
    const again = addon.copy(there, cuda);
    const back = addon.copy(again, CPU);
    for (const handle of [there, again, back]) expect(read(handle, 2)).toEqual([3, 4]);
    const empty = addon.create(CPU, new Float32Array(0));
    expect(read(addon.copy(empty, cuda), 0)).toEqual([]);
    for (const handle of [here, there, again, back, empty]) addon.release(handle);
  });

  it('compute where the command says, and refuse operands of the other', () => {
    const [here, there] = [addon.create(CPU, Float32Array.of(1, 2)), addon.create(cuda, Float32Array.of(1, 2))];
    neg(cuda, there);
    const made = words[6];
    expect(read(made, 2)).toEqual([-1, -2]);
    expect(codeOf(() => neg(cuda, here))).toBe('unsupported');
    expect(codeOf(() => neg(CPU, there))).toBe('unsupported');
    expect(codeOf(() => neg(CPU, here, there))).toBe('unsupported');
    expect(codeOf(() => neg(cuda + 1, there))).toBe('unsupported');
    expect(codeOf(() => addon.copy(there, cuda + 1))).toBe('unsupported');
    addon.release(made);
    expect(codeOf(() => addon.copy(made, CPU))).toBe('disposed');
    for (const handle of [here, there]) addon.release(handle);
  });

  it('check the buffers of every run of a program', () => {
    const [here, there] = [addon.create(CPU, Float32Array.of(1, 2)), addon.create(cuda, Float32Array.of(1, 2))];
    const [result, elsewhere] = [addon.allocate(cuda, 8), addon.allocate(CPU, 8)];
    // Two slots, no arena, one command: slot 1 = neg(slot 0).
    const program = addon.registerProgram(cuda, Float64Array.of(2, 0, 1, ops.indexOf('neg'), 1, 1, 0, 1, 0, 1, 2, 0, 0, 1, 2));
    const bind = (...handles: number[]) => words.set([2, handles[0], 0, handles[1], 0]);
    bind(there, result);
    addon.runProgram(program);
    expect(read(result, 2)).toEqual([-1, -2]);
    for (const handles of [
      [here, result],
      [there, elsewhere],
    ]) {
      bind(...handles);
      expect(codeOf(() => addon.runProgram(program))).toBe('unsupported');
      bind(...handles);
      expect(codeOf(() => addon.beginProgram(program))).toBe('unsupported');
    }
    addon.releaseProgram(program);
    for (const handle of [here, there, result, elsewhere]) addon.release(handle);
  });

  it('are open to several threads at once, which share a GPU and its books of bytes', async () => {
    const lib = libFolder();
    const before = addon.memory(cuda);
    const workers = [1, 2].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(SOURCE, { eval: true, workerData: { lib, library: process.env.HEBB_CUDA_LIBRARY } });
          worker.on('error', reject);
          worker.on('message', (sum) => worker.on('exit', () => resolve(sum)));
        }),
    );
    const there = addon.create(cuda, Float32Array.of(1, 2));
    for (let i = 0; i < 200; i++) {
      neg(cuda, there);
      addon.release(words[6]);
    }
    expect(await Promise.all(workers)).toEqual([
      [1001, 1001],
      [1001, 1001],
    ]);
    addon.release(there);
    expect(addon.memory(cuda)).toMatchObject({ tensors: before.tensors, liveBytes: before.liveBytes });
  });

  it('tell a bad index to the thread that used it, whoever reads first', async () => {
    const worker = new Worker(CARELESS, { eval: true, workerData: { lib: libFolder(), library: process.env.HEBB_CUDA_LIBRARY } });
    const next = () => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const there = addon.create(cuda, Float32Array.of(1, 2));
    expect(await next()).toBe('gathered');
    expect(read(there, 2)).toEqual([1, 2]);
    worker.postMessage('read');
    expect(await next()).toMatch(/^range: gather: .* received 9 at position 0/);
    expect(read(there, 2)).toEqual([1, 2]);
    addon.release(there);
    await worker.terminate();
  });
});

/** Takes element 9 of 2, and reads when told to. */
const CARELESS = `
const { parentPort, workerData: { lib, library } } = require('node:worker_threads');
const addon = require(lib + '/hebb.node');
const words = new Float64Array(64);
addon.bindWords(words);
addon.open(lib + '/libhebb_cpu.so');
const cuda = addon.open(library);
const [x, index] = [addon.create(cuda, Float32Array.of(1, 1)), addon.create(cuda, Int32Array.of(9))];
const gather = addon.ops(cuda).indexOf('gather');
words.set([22, gather, cuda, 1, 2, 0, 0, 0, 3, 1, 1, 1, x, 0, 3, 1, 2, 1, index, 4, 1, 1]);
addon.run();
const taken = words[6];
parentPort.postMessage('gathered');
parentPort.once('message', () => {
  try {
    addon.read(taken, new Float32Array(1));
    parentPort.postMessage('worked');
  } catch ({ code, message }) {
    parentPort.postMessage(code + ': ' + message);
  }
});
`;

/** Adds up on the GPU, and stops without releasing anything. */
const SOURCE = `
const { parentPort, workerData: { lib, library } } = require('node:worker_threads');
const addon = require(lib + '/hebb.node');
const words = new Float64Array(64);
addon.bindWords(words);
addon.open(lib + '/libhebb_cpu.so');
const cuda = addon.open(library);
const one = addon.create(cuda, Float32Array.of(1, 1));
const add = addon.ops(cuda).indexOf('add');
let last = one;
for (let i = 0; i < 1000; i++) {
  words.set([18, add, cuda, 1, 2, 0, 0, 0, 1, 2, last, 0, 1, 2, one, 0, 1, 2]);
  addon.run();
  last = words[6];
}
const sum = new Float32Array(2);
addon.read(last, sum);
parentPort.postMessage([...sum]);
`;
