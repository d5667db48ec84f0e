import type { Device } from './device.js';
import type { DType } from './dtype.js';
import type { HebbError } from './errors.js';
import type { Shape } from './shape.js';

/** An array that a kernel reads or writes: tensors are operands, and so is anything that looks like one. */
export interface Operand {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly device: Device;
  /** The backend's name for the memory; 0 for an output that is to be allocated. */
  handle: number;
}

export type Bytes = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint16Array | Uint8Array;

export interface MemoryInfo {
  /** Bytes held by tensors. */
  liveBytes: number;
  /** Bytes taken from the operating system, freed blocks kept for reuse included. */
  reservedBytes: number;
  /** Highest `liveBytes` since the start or the last reset. */
  peakBytes: number;
  /** 0 when there is no budget. */
  budgetBytes: number;
  /** Buffers of the device that are alive in this thread. */
  tensors: number;
}

export interface DeviceInfo {
  readonly name: Device;
  readonly available: boolean;
  /** Libraries in use, or what was looked for and what went wrong. */
  readonly detail: string;
}

/** An operand of a program: a slot that every run fills, or bytes of the program's own arena. */
export interface ProgramOperand {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The slot's number, or where in the arena the operand begins. */
  readonly slot?: number;
  readonly offset?: number;
}

/** One kernel call of a program. */
export interface ProgramCommand {
  readonly kernel: number;
  readonly inputs: readonly ProgramOperand[];
  readonly outputs: readonly ProgramOperand[];
  readonly attributes: readonly number[];
}

/** A list of kernel calls, to be registered once and replayed. */
export interface Program {
  readonly device: Device;
  /** Buffers that each run is given. */
  readonly slots: number;
  /** Bytes for intermediate results. */
  readonly arenaBytes: number;
  readonly commands: readonly ProgramCommand[];
}

/** What a run fills a program's slots with; several times as many are as many runs, one after the other. */
export interface Binding {
  readonly handles: readonly number[];
  /** Where in its buffer each slot begins, in bytes; without it all begin at 0. */
  readonly offsets?: readonly number[];
}

/** Called once when a run has ended, with its error where it failed. */
export type Done = (error?: HebbError) => void;

/**
 * What computes. The native engine is one; anything that can run the kernels of `docs/kernels.md` can be another.
 * Errors are thrown as HebbError.
 */
export interface Backend {
  readonly devices: readonly DeviceInfo[];
  /** The names of all kernels; a kernel's place is its number in `run`. */
  readonly kernels: readonly string[];
  /**
   * Runs one kernel, on the device of its outputs. Outputs with handle 0 get a new buffer, and their handle is set.
   * `inputShapes` and `outputShapes` are the views that the kernel wants to see, where they differ from the operands' own.
   */
  run(
    kernel: number,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: readonly number[],
    inputShapes?: readonly Shape[],
    outputShapes?: readonly Shape[],
  ): void;
  /** Takes in a program; its number for `replay`. */
  register(program: Program): number;
  /**
   * Runs a program's commands in order, after everything in flight. A HebbError carries the place of the failed command as `cause.command`
   * and which time it was as `cause.time`. Adds the milliseconds of each command to `spent`.
   */
  replay(program: number, binding: Binding, spent?: Float64Array): void;
  /**
   * The same beside JavaScript: returns at once, and calls `done` on the event loop, or earlier where something waits for the run. Runs
   * keep their order. When one fails those begun after it are not run; the last of them hears of it first.
   */
  begin(program: number, binding: Binding, done: Done): void;
  /** Runs in flight. */
  inFlight(): number;
  /** Waits until another run may begin, so that `begin` does not. */
  makeRoom(): void;
  /** Waits for everything in flight. */
  drain(): void;
  /** When the runs in flight that write this buffer have ended; undefined when there are none. */
  ready(handle: number): Promise<void> | undefined;
  unregister(program: number): void;
  /** A new buffer whose contents are undefined. */
  allocate(bytes: number, device: Device): number;
  /** References to a buffer. */
  references(handle: number): number;
  /** A new buffer holding these bytes. */
  upload(bytes: Bytes, device: Device): number;
  /** A new buffer on a device with what another holds. */
  copy(handle: number, device: Device): number;
  read(handle: number, target: Bytes): void;
  retain(handle: number): void;
  release(handle: number): void;
  /** A token that releases the handle when JavaScript collects the token. */
  watch(handle: number, bytes: number): unknown;
  /** Points a token at another handle; 0 for none. Does not release the old one. */
  rewatch(token: unknown, handle: number, bytes: number): void;
  memory(device: Device): MemoryInfo;
  /** Limits what tensors may hold; 0 for no limit. Going over is an `out-of-memory` error. */
  setMemoryBudget(bytes: number, device: Device): void;
  resetPeakMemory(device: Device): void;
  /** Returns freed blocks to the operating system or the driver. */
  trimMemory(device: Device): void;
  threads(): number;
  setThreads(count: number): void;
}
