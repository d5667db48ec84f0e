import { crossEntropy, SGD, valueAndGrad } from 'hebb';
import { labels, normal } from '../workloads/data.js';
import { mlp } from '../workloads/mlp.js';

const STEPS = 20_000;
const WARM_UP = 1_000;
/** Steps between two looks at the process's memory. */
const EVERY = 250;

/**
 * Trains for 20,000 steps in a loop that never yields and frees nothing by hand: gradients (200 kB a step) are left to the garbage
 * collector. Returns by how many megabytes the process grew beyond its size after a warm-up, at its largest.
 */
export function memoryGrowth(): number {
  const model = mlp([784, 64, 10]);
  const [x, y] = [normal([32, 784]), labels(32, 10)];
  const optimizer = new SGD({ learningRate: 0.01, momentum: 0.9 });
  let base = 0;
  let largest = 0;
  for (let step = 0; step < WARM_UP + STEPS; step++) {
    optimizer.apply(valueAndGrad(() => crossEntropy(model.call(x), y)).grads);
    if (step % EVERY !== 0) continue;
    const { rss } = process.memoryUsage();
    if (step <= WARM_UP) base = Math.max(base, rss);
    else largest = Math.max(largest, rss);
  }
  return (largest - base) / 1e6;
}
