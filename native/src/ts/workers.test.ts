import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { loadEngine } from './index.js';

const lib =
  process.env.HEBB_NATIVE_PATH ??
  join(dirname(createRequire(import.meta.url).resolve(`@hebb/native-${process.platform}-${process.arch}/package.json`)), 'lib');

/** Loads the engine in the worker, makes `count` buffers, adds two of them up many times, and stops without releasing anything. */
const SOURCE = `
const { parentPort, workerData: { lib, count, mine, endless } } = require('node:worker_threads');
const addon = require(lib + '/hebb.node');
const words = new Float64Array(1024);
addon.bindWords(words);
addon.open(lib + '/libhebb_cpu.so');
const handles = Array.from({ length: count }, () => addon.create(0, Float32Array.of(1, 2, 3, 4)));
const add = addon.ops(0).indexOf('add');
let last = handles[0];
for (let i = 0; endless || i < 2000; i++) {
  words.set([18, add, 0, 1, 2, 0, 0, 0, 1, 4, last, 0, 1, 4, handles[1], 0, 1, 4]);
  addon.run();
  if (endless && last !== handles[0]) addon.release(last);
  last = words[6];
}
const sum = new Float32Array(4);
addon.read(last, sum);
let foreign = 'worked';
try {
  // A handle of another thread is none here, unless its number happens to be one of ours.
  addon.read(mine, new Float32Array(4));
} catch (error) {
  foreign = error.code;
}
parentPort.postMessage({ sum: [...sum], tensors: addon.memory(0).tensors, foreign });
`;

interface Report {
  sum: number[];
  tensors: number;
  foreign: string;
}

function work(count: number, mine: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(SOURCE, { eval: true, workerData: { lib, count, mine, endless: false } });
    let report: Report | undefined;
    worker.on('message', (message: Report) => {
      report = message;
    });
    worker.on('error', reject);
    worker.on('exit', () => (report ? resolve(report) : reject(new Error('The worker exited without a report.'))));
  });
}

it('runs in several threads at once, each with tensors of its own', async () => {
  const { addon } = loadEngine();
  const mine = Array.from({ length: 5000 }, () => addon.create(0, Float32Array.of(5)));
  const before = addon.memory(0);
  for (let round = 0; round < 2; round++) {
    const reports = await Promise.all([work(10, mine[4999]), work(20, mine[4999])]);
    for (const { sum } of reports) expect(sum).toEqual([2001, 4002, 6003, 8004]);
    expect(reports.map(({ tensors }) => tensors)).toEqual([2010, 2020]);
    expect(reports.map(({ foreign }) => foreign)).toEqual(['disposed', 'disposed']);
  }
  const after = addon.memory(0);
  expect(after.tensors).toBe(before.tensors);
  // What the workers never released went with them.
  expect(after.liveBytes).toBe(before.liveBytes);
  const value = new Float32Array(1);
  addon.read(mine[0], value);
  expect(value[0]).toBe(5);
  for (const handle of mine) addon.release(handle);
});

it('survives a worker that is terminated', async () => {
  const { addon } = loadEngine();
  const before = addon.memory(0).liveBytes;
  const worker = new Worker(SOURCE, { eval: true, workerData: { lib, count: 5, mine: 0, endless: true } });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await worker.terminate();
  expect(addon.memory(0).liveBytes).toBe(before);
});
