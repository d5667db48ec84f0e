import { devices, HebbError, setPolicy, setThreads } from 'hebb';
import { EXTRAS, extraLine } from './extras.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { profile } from './profile.js';
import { findPyTorch } from './pytorch.js';
import { jsonLines, tableHead, tableRow } from './result.js';
import { measureAll } from './rounds.js';
import { WORKLOADS } from './workloads/index.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(options: Options): Promise<void> {
  const { only, json, peer, threads } = options;
  const workloads = WORKLOADS.filter(({ name }) => name.includes(only));
  const extras = EXTRAS.filter(({ name }) => name.includes(only));
  if (workloads.length + extras.length === 0) {
    const names = [...WORKLOADS, ...EXTRAS].map(({ name }) => name);
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
  for (const extra of extras) say(await extraLine(extra, options));
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
