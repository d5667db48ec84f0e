const FRAME_MS = 500;

/** Tells on standard error what runs and for how long, in place on a terminal, while `work` takes more than two seconds. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const terminal = process.stderr.isTTY;
  let said = false;
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    if (seconds < 2 || (said && !terminal)) return;
    process.stderr.write(terminal ? `\r\x1b[2K${what} … ${seconds.toFixed(0)} s` : `${what} …\n`);
    said = true;
  }, FRAME_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (said && terminal) process.stderr.write('\r\x1b[2K');
  }
}
