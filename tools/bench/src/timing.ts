import { scope, type Tensor } from 'hebb';

/** A sample shorter than this says more about the clock than about the run, in milliseconds. */
const LEAST_SAMPLE = 20;

/**
 * The median time of a run in milliseconds, as pytorch_bench.py takes it: three warm-ups, then samples of as many runs as make 20 ms,
 * for some seconds and at least three times. Each run is in a scope of its own, so that its results are freed as PyTorch's are.
 */
export function timeRun(run: () => Tensor, seconds: number): number {
  const once = (): void => scope(() => void run());
  for (let i = 0; i < 3; i++) once();
  let began = performance.now();
  once();
  const runs = Math.max(1, Math.floor(LEAST_SAMPLE / (performance.now() - began)));
  const samples: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || samples.length < 3) {
    began = performance.now();
    for (let i = 0; i < runs; i++) once();
    samples.push((performance.now() - began) / runs);
  }
  return median(samples);
}

/** @param values one at least */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
