import { type FileHandle, open } from 'node:fs/promises';
import { HebbError } from '@hebb/tensor';
import type { Callback } from './callback.js';
import type { Logs } from './logs.js';

/** Writes a line of figures after each epoch to a CSV file, which it starts anew. Each line is on disk before training goes on. */
export class CSVLogger implements Callback {
  readonly path: string;
  private file: FileHandle | undefined;
  private columns: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  async onTrainBegin(): Promise<void> {
    try {
      this.file = await open(this.path, 'w');
    } catch (error) {
      throw new HebbError('file', `CSVLogger: cannot write ${this.path}: ${(error as Error).message}`, { cause: error });
    }
    this.columns = [];
  }

  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    if (this.columns.length === 0) {
      this.columns = Object.keys(logs);
      await this.write(['epoch', ...this.columns]);
    }
    await this.write([epoch + 1, ...this.columns.map((name) => logs[name] ?? '')]);
  }

  async onTrainEnd(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async write(cells: readonly (string | number)[]): Promise<void> {
    await this.file?.appendFile(`${cells.join(',')}\n`);
    await this.file?.sync();
  }
}
