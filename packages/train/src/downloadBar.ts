import cliProgress from 'cli-progress';

/** How far the download of one file is, in bytes. */
interface FileProgress {
  readonly file: string;
  readonly received: number;
  /** Undefined when the server does not say. */
  readonly total?: number | undefined;
}

const MEGABYTE = 1e6;

/**
 * One bar over all files of a download on a terminal; elsewhere one line a file. Pass `update` as `onProgress`, and call `stop` at the
 * end: `loadMnist({ onProgress: bar.update })`.
 */
export class DownloadBar {
  private readonly stream: NodeJS.WriteStream;
  private readonly title: string;
  private readonly files = new Map<string, FileProgress>();
  private bar: cliProgress.SingleBar | undefined;

  /** @param stream default: standard error, which leaves standard output to results */
  constructor(title: string, stream: NodeJS.WriteStream = process.stderr) {
    this.title = title;
    this.stream = stream;
  }

  readonly update = (progress: FileProgress): void => {
    if (!this.files.has(progress.file)) this.begin(progress.file);
    this.files.set(progress.file, progress);
    if (!this.bar) return;
    let received = 0;
    let total = 0;
    for (const file of this.files.values()) {
      received += file.received;
      total += file.total ?? file.received;
    }
    this.bar.setTotal(total);
    this.bar.update(received, { got: (received / MEGABYTE).toFixed(1), all: (total / MEGABYTE).toFixed(1) });
  };

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private begin(file: string): void {
    if (!this.stream.isTTY) {
      this.stream.write(`${this.title}: ${file}\n`);
      return;
    }
    if (this.bar) return;
    this.bar = new cliProgress.SingleBar({
      stream: this.stream,
      format: `${this.title} {bar} {percentage} %  {got}/{all} MB  ETA {eta}s`,
      barCompleteChar: '━',
      barIncompleteChar: '─',
      barsize: 24,
      hideCursor: true,
    });
    this.bar.start(1, 0, { got: '0', all: '0' });
  }
}
