import { devices, HebbError, setPolicy, setThreads } from 'hebb';
import { measureHebb, measureStart } from './hebb.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { profile } from './profile.js';
import { withProgress } from './progress.js';
import { findPyTorch } from './pytorch.js';
import { jsonLines, tableHead, tableRow } from './result.js';
import { measureAll } from './rounds.js';
import { WORKLOADS } from './workloads/index.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(options: Options): Promise<void> {
  const { only, json, peer, threads } = options;
  const workloads = WORKLOADS.filter(({ name }) => name.includes(only));
  const extras = ['start', 'memory'].filter((name) => name.includes(only));
  if (workloads.length + extras.length === 0) {
    const names = [...WORKLOADS.map(({ name }) => name), 'start', 'memory'];
    throw new HebbError('argument', `--only: no case is named like "${only}"; expected part of one of ${names.join(', ')}.`);
  }
  if (options.profile) {
    if (workloads.length === 0) throw new HebbError('argument', `--profile: expected a workload, received --only ${only}.`);
    setThreads(threads);
    if (options.bf16) setPolicy('mixed_bfloat16');
    for (const workload of workloads) say(`${profile(workload, options.seconds)}\n`);
    return;
  }
  const version = peer && (await findPyTorch(options.python));
  if (!json) say(`${devices()[0].detail} · ${threads} threads${version ? ` · PyTorch ${version}` : ''}\n`);
  if (!json && workloads.length > 0) say(tableHead());
  await measureAll(workloads, options, (row) => say(json ? jsonLines(row) : tableRow(row)));
  if (extras.includes('start')) await start(options);
  if (extras.includes('memory')) await memory(options);
}

async function start({ json, threads }: Options): Promise<void> {
  const { ms, low, high } = await withProgress('start', () => measureStart(threads));
  if (json)
    say(JSON.stringify({ name: 'start', peer: 'hebb', per_s: Number((1000 / ms).toFixed(2)), ms: Number(ms.toFixed(1)) }));
  else
    say(`start: ${ms.toFixed(0)} ms (${low.toFixed(0)}–${high.toFixed(0)}) from process to first training step; target ≤ 600 ms`);
}

async function memory({ json, threads }: Options): Promise<void> {
  const megabytes = await withProgress('memory', () =>
    measureHebb('memory', { seconds: 0, threads, compile: false, bf16: false }),
  );
  if (json) say(JSON.stringify({ name: 'memory', peer: 'hebb', megabytes: Number(megabytes.toFixed(1)) }));
  else say(`memory: grew by ${megabytes.toFixed(1)} MB in 20,000 steps that never yield; target < 64 MB`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') say(USAGE);
  else await main(options);
} catch (error) {
  if (!(error instanceof HebbError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
