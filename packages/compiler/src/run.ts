import {
  type Backend,
  type Binding,
  type Cell,
  clone,
  type Device,
  evaluator,
  makeTensor,
  type Tensor,
  withReader,
} from '@hebb/tensor';
import type { Value } from './graph.js';
import type { Slot } from './places.js';
import { bytesOf } from './plan.js';

/**
 * The memory of one run of a program, or of several one after the other over parameters [times, ...]: buffers for its slots, and new ones
 * for its results. `begun` lets go of what only had to last until the engine knew of it; then come `results` or `abandon`.
 */
export class Run {
  private readonly target: Backend;
  private readonly device: Device;
  private readonly slots: readonly Slot[];
  /** Undefined for a single run, whose tensors have no axis for it. */
  private readonly times: number | undefined;
  private readonly handles: number[] = [];
  private readonly offsets: number[] = [];
  private readonly made: { readonly value: Value; readonly handle: number }[] = [];
  private readonly held: number[] = [];

  constructor(target: Backend, device: Device, slots: readonly Slot[], times: number | undefined) {
    this.target = target;
    this.device = device;
    this.slots = slots;
    this.times = times;
  }

  get binding(): Binding {
    return { handles: this.handles, offsets: this.times === undefined ? undefined : this.offsets };
  }

  /** Takes the buffers of the next of the runs. The host may have given variables other values since the last. */
  bind(parameters: readonly Tensor[]): void {
    const first = this.handles.length === 0;
    for (const slot of this.slots) {
      const previous = first ? 0 : this.handles[this.handles.length - this.slots.length];
      if (slot.kind === 'cell') this.bindCell(slot, previous);
      else this.bindPart(slot, first ? this.newHandle(slot, parameters) : previous);
    }
  }

  /** Called once the engine has its own hold on the buffers. */
  begun(): void {
    for (const handle of this.held.splice(0)) this.target.release(handle);
  }

  /** The results, as new tensors of the current scope. */
  results(): Tensor[] {
    return this.made.map(({ value: { dtype, shape }, handle }) =>
      makeTensor(dtype, this.times === undefined ? shape : [this.times, ...shape], handle, this.device),
    );
  }

  /** Frees what the run would have returned. */
  abandon(): void {
    this.begun();
    for (const { handle } of this.made.splice(0)) this.target.release(handle);
  }

  private bindCell({ cell, written }: Extract<Slot, { kind: 'cell' }>, previous: number): void {
    if (cell.device !== this.device) cell.to(this.device);
    const handle = written ? (previous > 0 ? previous : this.unshared(cell)) : cell.peek().handle;
    // What the host stores before the next run must not free this.
    if (this.times !== undefined && !written && handle !== previous) {
      this.target.retain(handle);
      this.held.push(handle);
    }
    this.handles.push(handle);
    this.offsets.push(0);
  }

  private bindPart({ value }: Exclude<Slot, { kind: 'cell' }>, handle: number): void {
    const time = Math.floor(this.handles.length / this.slots.length);
    this.handles.push(handle);
    this.offsets.push(time * bytesOf(value));
  }

  private newHandle(slot: Exclude<Slot, { kind: 'cell' }>, parameters: readonly Tensor[]): number {
    if (slot.kind === 'parameter') return parameters[slot.index].liveHandle('step');
    const handle = this.target.allocate(bytesOf(slot.value) * (this.times ?? 1), this.device);
    this.made.push({ value: slot.value, handle });
    return handle;
  }

  /** The memory of a variable that is about to be written; tensors that were read from it before keep the old one. */
  private unshared(cell: Cell): number {
    const { handle } = cell.peek();
    cell.touch();
    if (this.target.references(handle) === 1) return handle;
    const copy = withReader(evaluator, () => clone(cell.peek()));
    cell.store(copy);
    copy.dispose();
    return cell.peek().handle;
  }
}
