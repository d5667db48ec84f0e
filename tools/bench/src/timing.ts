import { scope, type Tensor } from 'hebb';

/** Runs that warm up, as in pytorch_bench.py. */
const WARM_UPS = 3;
/** A compiled step on a GPU finds the fastest of its graphs in its first thirty replays, or twelve if they are long. */
const MOST_WARM_UPS = 36;

/** A sample shorter than this says more about the clock than about the run, in milliseconds. */
const LEAST_SAMPLE = 20;

/**
 * The median time of a run in milliseconds, as pytorch_bench.py takes it: three warm-ups, or more for `warmUp` seconds, then samples of as
 * many runs as make 20 ms, for some seconds and at least three times. Each run is in a scope of its own, so that its results are freed as PyTorch's are. A GPU
 * works on after a run has returned: the clock of a sample stops when a number of its last result has been read.
 */
export function timeRun(run: () => Tensor, seconds: number, warmUp = 0): number {
  const repeat = (runs: number): void => {
    for (let i = 1; i < runs; i++) scope(() => void run());
    scope(() => finish(run()));
  };
  const warm = performance.now() + warmUp * 1000;
  for (let i = 0; i < WARM_UPS || (i < MOST_WARM_UPS && performance.now() < warm); i++) repeat(1);
  let began = performance.now();
  repeat(1);
  const runs = Math.max(1, Math.floor(LEAST_SAMPLE / (performance.now() - began)));
  const samples: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || samples.length < 3) {
    began = performance.now();
    repeat(runs);
    samples.push((performance.now() - began) / runs);
  }
  return median(samples);
}

/** Waits for a result: ops of a device are done in their order. */
function finish(result: Tensor): void {
  if (result.device !== 'cpu') result.reshape([-1]).slice([0], [1]).dataSync();
}

/** @param values one at least */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
