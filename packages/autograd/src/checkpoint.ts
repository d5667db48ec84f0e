import {
  again,
  apply,
  type Cell,
  currentReader,
  HebbError,
  type Op,
  PassThrough,
  type Reader,
  scope,
  type Tensor,
  withReader,
} from '@hebb/tensor';
import { Tape } from './tape.js';

/** Applies ops through the reader below without remembering them, and notes which variables are read, with their first value. */
class Collector extends PassThrough {
  readonly cells = new Map<Cell, Tensor>();

  override read(cell: Cell): Tensor {
    const tensor = this.below.read(cell);
    if (!this.cells.has(cell)) {
      this.cells.set(cell, tensor);
      // Variables are read in scopes of their own; the value outlives those.
      tensor.holds++;
    }
    return tensor;
  }

  close(): void {
    for (const tensor of this.cells.values()) tensor.holds--;
  }
}

/** The reader below all tapes. */
function withoutTapes(reader: Reader): Reader {
  return reader instanceof Tape ? withoutTapes(reader.below) : reader;
}

/**
 * A function whose intermediate results are not kept for the gradient but computed again when it is needed: less memory for one more
 * forward pass (Chen et al. 2016, section 4). Variables read inside get their gradients as usual; random numbers and running
 * statistics come out the same the second time.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    const collector = new Collector(withoutTapes(currentReader()));
    try {
      const value = scope(() => withReader(collector, () => fn(...inputs)));
      const cells = [...collector.cells.keys()];
      // Saved as they were before the function ran; trainable ones through the tapes, so that gradients reach them.
      const saved = cells.map((cell) => (cell.trainable ? currentReader().read(cell) : (collector.cells.get(cell) as Tensor)));
      return apply(recomputed(fn, inputs.length, cells, value), [...inputs, ...saved], undefined);
    } finally {
      collector.close();
    }
  };
}

/** An op over inputs and variables whose value is at hand, and whose gradient runs the function again. */
function recomputed(fn: (...inputs: Tensor[]) => Tensor, count: number, cells: readonly Cell[], value: Tensor): Op {
  return {
    name: 'checkpoint',
    infer: () => {
      throw new HebbError('unsupported', 'checkpoint: its shape is known only by running it.');
    },
    compose: () => [value],
    vjp: ({ inputs, cotangents, needs }) => {
      const tape = new Tape(currentReader(), (cell) => cell.trainable && needs[count + cells.indexOf(cell)]);
      // A compiled step would take what the forward pass computed from the same inputs, and keep it until now.
      const apart = inputs.map((input) => again(input));
      try {
        apart.forEach((input, i) => {
          if (needs[i]) tape.watch(input);
        });
        cells.forEach((cell, i) => {
          if (cell.trainable) tape.present(cell, apart[count + i]);
        });
        const value = asTheyWere(cells, apart.slice(count), () => withReader(tape, () => fn(...apart.slice(0, count))));
        return tape.gradients([value], [cotangents[0]], apart, apart);
      } finally {
        tape.close();
      }
    },
  };
}

/** Runs with non-trainable variables (statistics, random counters) at their saved values, and puts the present ones back. */
function asTheyWere(cells: readonly Cell[], saved: readonly Tensor[], fn: () => Tensor): Tensor {
  const present = cells.map((cell) => (cell.trainable ? undefined : scope(() => currentReader().read(cell))));
  cells.forEach((cell, i) => {
    if (!cell.trainable) currentReader().assign(cell, saved[i]);
  });
  try {
    return fn();
  } finally {
    cells.forEach((cell, i) => {
      const value = present[i];
      if (value) currentReader().assign(cell, value);
    });
  }
}
