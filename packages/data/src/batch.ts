import { type Device, HebbError, Tensor } from '@hebb/tensor';

/**
 * A batch on a device: its tensors, in any nesting of arrays and plain objects, are copied there and freed where they were.
 * Those that are there already stay, and members of other objects do.
 *
 * @throws HebbError `unsupported` for a device that is not available, `argument` for a batch that holds itself, `out-of-memory`; the batch is
 * freed then.
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
export function disposeBatch(batch: unknown, seen = new Set<unknown>()): void {
  if (batch instanceof Tensor) batch.dispose();
  else if (!seen.has(batch) && (Array.isArray(batch) || isPlainObject(batch))) {
    seen.add(batch);
    for (const member of Object.values(batch)) disposeBatch(member, seen);
  }
}

/** A batch with something else in the place of each tensor; `holders` are what it is inside of. */
function mapTensors(batch: unknown, change: (x: Tensor) => unknown, holders: readonly unknown[] = []): unknown {
  if (batch instanceof Tensor) return change(batch);
  if (!Array.isArray(batch) && !isPlainObject(batch)) return batch;
  if (holders.includes(batch)) {
    throw new HebbError('argument', 'moveBatch: a batch may not hold an array or object that is inside itself.');
  }
  const inside = (member: unknown) => mapTensors(member, change, [...holders, batch]);
  if (Array.isArray(batch)) return batch.map(inside);
  return Object.fromEntries(Object.entries(batch).map(([name, member]) => [name, inside(member)]));
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
