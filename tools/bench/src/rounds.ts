import { HebbError } from 'hebb';
import { measureHebb } from './hebb.js';
import type { Mode, Options } from './options.js';
import { withProgress } from './progress.js';
import { measurePyTorch, pytorchGroup } from './pytorch.js';
import { undisturbed } from './quiet.js';
import type { Row } from './result.js';
import { targetOf } from './targets.js';
import type { Workload } from './workload.js';

/** Measures workloads, a group at a time, and hands each row over as soon as it is complete. */
export async function measureAll(workloads: readonly Workload[], options: Options, done: (row: Row) => void): Promise<void> {
  const groups = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const group = options.peer ? pytorchGroup(workload.name) : workload.name;
    groups.set(group, [...(groups.get(group) ?? []), workload]);
  }
  for (const [group, members] of groups) {
    const rows = options.peer ? await sideBySide(group, members, options) : [await alone(members[0], options)];
    for (const row of rows) done(row);
  }
}

async function alone({ name }: Workload, options: Options): Promise<Row> {
  const ms = await withProgress(name, () => undisturbed(() => measureHebb(name, options)));
  return { name, target: targetOf(name, options), hebb: { peer: 'hebb', times: [ms] }, peers: [] };
}

/** Hebb and PyTorch in turn, each process alone on the machine, so that a slow minute hits both. */
async function sideBySide(group: string, workloads: readonly Workload[], options: Options): Promise<Row[]> {
  const { rounds, modes } = options;
  const times = new Map<string, number[]>();
  const note = (key: string, ms: number): void => void times.set(key, [...(times.get(key) ?? []), ms]);
  for (let round = 1; round <= rounds; round++) {
    const label = (side: string) => `${group}, round ${round} of ${rounds}: ${side}`;
    for (const { name } of workloads) {
      const measure = () => undisturbed(() => measureHebb(name, options));
      note(`hebb ${name}`, await withProgress(label(`Hebb ${name}`), measure));
    }
    for (const mode of modes) {
      const measure = () => undisturbed(() => measurePyTorch(group, mode, options));
      const found = await withProgress(label(`PyTorch ${mode}`), measure);
      for (const { name } of workloads) note(`${mode} ${name}`, timeOf(found, name));
    }
  }
  const side = (peer: string, key: string) => ({ peer, times: times.get(key) ?? [] });
  return workloads.map(({ name }) => ({
    name,
    target: targetOf(name, options),
    hebb: side('hebb', `hebb ${name}`),
    peers: modes.map((mode) => side(peerName(mode), `${mode} ${name}`)),
  }));
}

function timeOf(found: ReadonlyMap<string, number>, name: string): number {
  const ms = found.get(name);
  if (ms === undefined) throw new HebbError('internal', `bench: pytorch_bench.py gave no figure for ${name}.`);
  return ms;
}

function peerName(mode: Mode): string {
  return mode === 'eager' ? 'pytorch' : `pytorch-${mode}`;
}
