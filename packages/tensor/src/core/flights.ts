import type { Addon } from '@hebb/native';
import type { Done } from './backend.js';
import { HebbError } from './errors.js';

/** Runs that may be in flight: enough to keep the engine busy, few enough to hear of an error soon. */
const MOST = 8;

/** The engine's error as users see it. */
type Translate = (error: unknown) => HebbError;

/** The runs of programs that are in flight on the engine's own thread, in their order. */
export class Flights {
  private readonly flights: { readonly ticket: number; readonly done: Done }[] = [];
  private waiting: { readonly ticket: number; readonly resolve: () => void }[] = [];
  private readonly addon: Addon;
  private readonly translate: Translate;
  private listening = false;

  constructor(addon: Addon, translate: Translate) {
    this.addon = addon;
    this.translate = translate;
  }

  get count(): number {
    return this.flights.length;
  }

  /** Begins what `start` starts, once there is room. */
  begin(start: () => number, done: Done): void {
    if (!this.listening) this.addon.onProgress(() => this.settle());
    this.listening = true;
    this.makeRoom();
    this.flights.push({ ticket: start(), done });
  }

  /** Waits until another run may begin. */
  makeRoom(): void {
    while (this.flights.length >= MOST) this.waitFor(this.flights[0].ticket);
  }

  drain(): void {
    while (this.flights.length > 0) this.waitFor(this.flights[this.flights.length - 1].ticket);
  }

  /** When the run has ended, and those before it. */
  ended(ticket: number): Promise<void> {
    return new Promise((resolve) => void this.waiting.push({ ticket, resolve }));
  }

  private waitFor(ticket: number): void {
    this.addon.waitFor(ticket);
    this.settle();
  }

  /** Calls `done` of all that have ended. */
  private settle(): void {
    const ended = this.addon.settle();
    // Asked for after: a run that ended before and failed is known by now.
    const failure = this.addon.takeFailure();
    const last = failure ? failure.ticket - 1 : ended;
    while (this.flights.length > 0 && this.flights[0].ticket <= last) this.flights.shift()?.done();
    if (failure) this.fail(failure);
    if (this.waiting.length > 0) this.wake();
  }

  private wake(): void {
    const ended = this.addon.settle();
    for (const { ticket, resolve } of this.waiting) if (ticket <= ended) resolve();
    this.waiting = this.waiting.filter(({ ticket }) => ticket > ended);
  }

  private fail(failure: Error): void {
    this.addon.settle();
    const [first, ...behind] = this.flights.splice(0);
    const error = this.translate(failure);
    for (const { done } of behind.reverse()) {
      // Not as its cause: that tells how far the run that failed had come, and these never began.
      done(new HebbError('state', `step: not run, because a step in flight before it failed: ${error.message}`));
    }
    first.done(error);
  }
}
