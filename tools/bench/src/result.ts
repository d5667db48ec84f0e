import type { Target } from './targets.js';
import { median } from './timing.js';

/** Times of one side in the rounds of a run, in milliseconds. */
export interface Side {
  /** 'hebb', 'pytorch', 'pytorch-heap' and so on. */
  readonly peer: string;
  readonly times: readonly number[];
}

/** A row of the table. */
export interface Row {
  readonly name: string;
  readonly target: Target | undefined;
  readonly hebb: Side;
  readonly peers: readonly Side[];
}

/** PyTorch's median / Hebb's: above 1, Hebb is faster. */
export function ratio({ hebb }: Row, peer: Side): number {
  return median(peer.times) / median(hebb.times);
}

/** The lines of a row, as pytorch_bench.py writes them; with rounds, also their spread. */
export function jsonLines(row: Row): string {
  return [row.hebb, ...row.peers].map((side) => JSON.stringify(lineOf(row, side))).join('\n');
}

function lineOf(row: Row, side: Side): Record<string, unknown> {
  const ms = median(side.times);
  return {
    name: row.name,
    peer: side.peer,
    per_s: Number((1000 / ms).toFixed(2)),
    ms: Number(ms.toFixed(4)),
    ...(side.times.length > 1 && {
      rounds: side.times.length,
      low: Number(Math.min(...side.times).toFixed(4)),
      high: Number(Math.max(...side.times).toFixed(4)),
    }),
    ...(side !== row.hebb && { ratio: Number(ratio(row, side).toFixed(3)) }),
  };
}

const WIDTHS = [30, 24, 15, 24, 7, 10];

/** The table's head. */
export function tableHead(): string {
  return tableLine(['workload', 'Hebb ms (low–high)', 'PyTorch mode', 'ms (low–high)', 'ratio', 'target']);
}

/** A row of the table: a line for each of PyTorch's modes. */
export function tableRow(row: Row): string {
  const own = [row.name, timesOf(row.hebb)];
  if (row.peers.length === 0) return tableLine([...own, '', '', '', targetOf(row.target)]);
  return row.peers
    .map((peer, i) => {
      const mode = peer.peer.replace('pytorch-', '').replace('pytorch', 'eager');
      return tableLine([...(i === 0 ? own : ['', '']), mode, timesOf(peer), ratio(row, peer).toFixed(2), targetOf(row.target)]);
    })
    .join('\n');
}

function tableLine(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i]))
    .join(' ')
    .trimEnd();
}

function timesOf({ times }: Side): string {
  const spread = times.length > 1 ? ` (${digits(Math.min(...times))}–${digits(Math.max(...times))})` : '';
  return digits(median(times)) + spread;
}

/** Milliseconds to three or four digits. */
export function digits(ms: number): string {
  return ms >= 100
    ? ms.toFixed(0)
    : ms >= 10
      ? ms.toFixed(1)
      : ms >= 1
        ? ms.toFixed(2)
        : ms >= 0.01
          ? ms.toFixed(4)
          : ms.toFixed(5);
}

function targetOf(target: Target | undefined): string {
  if (!target) return '';
  return 'ratio' in target ? `≥ ${target.ratio}` : `≤ ${target.ms} ms`;
}
