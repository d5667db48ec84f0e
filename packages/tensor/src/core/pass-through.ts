import type { Tensor } from '../tensor.js';
import type { Cell, HostEffect, Op, Reader } from './op.js';

/** A reader that leaves everything to the one below: tapes and the like change what they care about. */
export class PassThrough implements Reader {
  readonly below: Reader;

  constructor(below: Reader) {
    this.below = below;
  }

  apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    return this.below.apply(op, inputs, attributes);
  }

  read(cell: Cell): Tensor {
    return this.below.read(cell);
  }

  assign(cell: Cell, value: Tensor): void {
    this.below.assign(cell, value);
  }

  onRun(effect: HostEffect): void {
    this.below.onRun(effect);
  }

  dependsOn(state: () => unknown): void {
    this.below.dependsOn(state);
  }
}
