/** Statistics of a device's memory, in bytes. */
export interface MemoryInfo {
  /** Handed out and not yet released. */
  liveBytes: number;
  /** Taken from the operating system. */
  reservedBytes: number;
  /** Highest `liveBytes` since the start, or since `resetPeak`. */
  peakBytes: number;
  /** 0 when there is no budget. */
  budgetBytes: number;
  /** Buffers alive in this thread. */
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
  retain(handle: number): boolean;
  release(handle: number): boolean;
  releaseWords(): void;
  /** A buffer with undefined contents. */
  allocate(device: number, bytes: number): number;
  /** References to a buffer; 0 for a stale handle. */
  references(handle: number): number;
  registerProgram(device: number, words: Float64Array): number;
  releaseProgram(program: number): void;
  /** Over the handles in `words[1…]`. An error carries the failed command's place as `command`. */
  runProgram(program: number): void;
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
}
