/** Statistics of a device's memory, in bytes. */
export interface MemoryInfo {
  /** Handed out and not yet released. */
  liveBytes: number;
  /** Taken from the operating system or the GPU's driver. */
  reservedBytes: number;
  /** Highest `liveBytes` since the start, or since `resetPeak`. */
  peakBytes: number;
  /** 0 when there is no budget. */
  budgetBytes: number;
  /** Buffers of the device that are alive in this thread. */
  tensors: number;
}

type Bytes = Uint8Array | Float32Array | Float64Array | Int32Array | BigInt64Array | Uint16Array;

/** The functions of `hebb.node`; `native/src/addon/addon.cpp` is the other side of this contract. */
export interface Addon {
  open(path: string): number;
  bindWords(words: Float64Array): void;
  run(): void;
  create(device: number, bytes: Bytes): number;
  read(handle: number, target: Bytes): void;
  /** A new buffer on a device with the bytes of another. */
  copy(handle: number, device: number): number;
  retain(handle: number): boolean;
  release(handle: number): boolean;
  releaseWords(): void;
  /** A buffer with undefined contents. */
  allocate(device: number, bytes: number): number;
  /** References to a buffer; 0 for a stale handle. */
  references(handle: number): number;
  registerProgram(device: number, words: Float64Array): number;
  releaseProgram(program: number): void;
  /**
   * Over the slots in `words`, [slots, handle, offset, handle, offset…], after everything in flight; several times where there are several
   * times as many. An error carries the failed command's place as `command` and which time it was as `time`. Adds the milliseconds of
   * each command to `spent`.
   */
  runProgram(program: number, spent?: Float64Array): void;
  /** The same on another thread; the run's ticket: 1, 2, 3… After a run that failed none runs until `takeFailure`. */
  beginProgram(program: number): number;
  /** Calls back on the event loop after runs have ended. Once, before the first `beginProgram`. */
  onProgress(callback: () => void): void;
  /** The ticket of the last run that ended; its buffers are free again. */
  settle(): number;
  /** Blocks until the run has ended. */
  waitFor(ticket: number): void;
  /** The error of a run that failed, with its `ticket`; waits until those begun after it are skipped. */
  takeFailure(): (Error & { ticket: number }) | undefined;
  /** The ticket of the run in flight that writes this buffer; 0 when none does. */
  writer(handle: number): number;
  memory(device: number): MemoryInfo;
  configure(device: number, what: 'threads' | 'budget' | 'trim' | 'resetPeak', value?: number): number;
  describe(device: number): string;
  ops(device: number): string[];
  gcHooks(): unknown;
}

/** The functions of `hebb_gc.node`; `native/src/gc/gc.cpp` is the other side of this contract. */
export interface GcAddon {
  /** False when tokens free memory only between turns of the event loop. */
  readonly immediate: boolean;
  attach(hooks: unknown, handle: number, bytes: number): unknown;
  update(token: unknown, handle: number, bytes: number): void;
}

/** A device that this machine could have, and why it has not. */
export interface DeviceReport {
  name: 'cpu' | 'cuda';
  available: boolean;
  /** The libraries in use, or what was looked for and what went wrong. */
  detail: string;
}

/** The loaded engine of this thread. */
export interface Engine {
  readonly addon: Addon;
  readonly gc: GcAddon;
  readonly gcHooks: unknown;
  /** Command words shared with the addon: `[end, command…]`. */
  readonly words: Float64Array;
  readonly devices: readonly DeviceReport[];
  /** A device's number in commands; undefined where it is not available. Opens its library. */
  open(name: DeviceReport['name']): number | undefined;
}
