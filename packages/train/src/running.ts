import type { Metric } from '@hebb/metrics';
import type { Tensor } from '@hebb/tensor';
import type { Logs } from './logs.js';

/** The mean loss and the metrics of an epoch so far. */
export class Running {
  private total = 0;
  private count = 0;
  private readonly metrics: readonly Metric[];

  constructor(metrics: readonly Metric[]) {
    this.metrics = metrics;
    for (const metric of metrics) metric.reset();
  }

  /** Takes in a batch: its mean loss counts by its number of examples. */
  update(loss: number, predictions: Tensor, targets: Tensor): void {
    const examples = predictions.shape[0] ?? 1;
    this.total += loss * examples;
    this.count += examples;
    for (const metric of this.metrics) metric.update(predictions, targets);
  }

  logs(): Logs {
    const logs: Logs = { loss: this.total / this.count };
    for (const metric of this.metrics) logs[metric.name] = metric.result();
    return logs;
  }
}
