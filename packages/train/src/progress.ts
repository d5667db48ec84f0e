import cliProgress from 'cli-progress';
import type { Callback, TrainingState } from './callback.js';
import { describe, type Logs } from './logs.js';

/** Screen refreshes a second, in milliseconds between two. */
const REFRESH_MS = 100;

/**
 * A live bar an epoch on a terminal: steps, time left, milliseconds a step, running figures, and the validation figures at the end of
 * the line. Elsewhere one plain line an epoch.
 */
export class ProgressBar implements Callback {
  private readonly stream: NodeJS.WriteStream;
  private bar: cliProgress.SingleBar | undefined;
  private began = 0;
  private trained = 0;
  private title = '';

  /** @param stream default: standard output */
  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.stream = stream;
  }

  onEpochBegin(epoch: number, { epochs, steps }: TrainingState): void {
    this.began = performance.now();
    this.title = `Epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
    if (!this.stream.isTTY) return;
    this.bar = new cliProgress.SingleBar({
      stream: this.stream,
      format: '{title} {bar} {value}/{total}  {timing}  {figures}',
      barCompleteChar: '━',
      barIncompleteChar: '─',
      barsize: 24,
      fps: 1000 / REFRESH_MS,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: false,
    });
    this.bar.start(steps, 0, { title: this.title, timing: '', figures: '' });
  }

  onBatchEnd(batch: number, logs: Logs, { steps }: TrainingState): void {
    this.trained = performance.now();
    if (!this.bar) return;
    const perStep = (this.trained - this.began) / (batch + 1);
    const timing = `ETA ${clock((perStep * (steps - batch - 1)) / 1000)}  ${milliseconds(perStep)} ms/step`;
    this.bar.update(batch + 1, { timing, figures: describe(logs) });
  }

  onEpochEnd(_epoch: number, logs: Logs, { steps }: TrainingState): void {
    const elapsed = this.trained - this.began;
    const timing = `${clock(elapsed / 1000)}  ${milliseconds(elapsed / steps)} ms/step`;
    const { learningRate: _, ...figures } = logs;
    if (!this.bar) {
      this.stream.write(`${this.title}  ${steps} steps  ${timing}  ${describe(figures)}\n`);
      return;
    }
    this.bar.update({ timing, figures: describe(figures) });
    this.close();
  }

  onTrainEnd(): void {
    this.close();
  }

  private close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** "1:05" for 65 seconds, "4.2s" below ten. */
function clock(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}
