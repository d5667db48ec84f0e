import { type Device, Tensor } from '@hebb/tensor';

/**
 * A batch on a device: its tensors, in any nesting of arrays and plain objects, are copied there and freed where they were.
 * Those that are there already stay, and members of other objects do.
 *
 * @throws HebbError `unsupported` for a device that is not available, `out-of-memory`; the batch is freed then.
 */
export function moveBatch<B>(batch: B, device: Device): B {
  // A batch may hold a tensor twice, as those of autoencoders do.
  const copies = new Map<Tensor, Tensor>();
  const moved = (x: Tensor): Tensor => {
    if (x.device === device) return x;
    const copy = copies.get(x) ?? x.to(device);
    copies.set(x, copy);
    return copy;
  };
  try {
    const there = mapTensors(batch, moved) as B; // the same arrangement of the same dtypes
    for (const x of copies.keys()) x.dispose();
    return there;
  } catch (error) {
    for (const copy of copies.values()) copy.dispose();
    disposeBatch(batch);
    throw error;
  }
}

/** Frees the tensors of a batch that nobody will use. */
export function disposeBatch(batch: unknown): void {
  mapTensors(batch, (x) => x.dispose());
}

/** A batch with something else in the place of each tensor. */
function mapTensors(batch: unknown, change: (x: Tensor) => unknown): unknown {
  if (batch instanceof Tensor) return change(batch);
  if (Array.isArray(batch)) return batch.map((member) => mapTensors(member, change));
  if (!isPlainObject(batch)) return batch;
  return Object.fromEntries(Object.entries(batch).map(([name, member]) => [name, mapTensors(member, change)]));
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
