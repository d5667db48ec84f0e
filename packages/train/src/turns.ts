/** Longest time that a loop computes without letting timers and input have their turn, in milliseconds. */
const TURN_MS = 15;

/** Lets the event loop turn now and then. */
export class Turns {
  private since = performance.now();

  async next(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.since = performance.now();
  }
}
