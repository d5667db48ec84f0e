import { HebbError, showShape, Tensor } from '@hebb/tensor';

/** A structure with its tensors taken out: arrays and plain objects of tensors and plain values. */
export interface Structure {
  readonly tensors: readonly Tensor[];
  /** What tells structures apart: form, dtypes, shapes, plain values. */
  readonly key: string;
  /** The structure again, with other tensors. */
  rebuild(tensors: readonly Tensor[]): unknown;
}

/** @throws HebbError `argument` for what is neither tensor, array, plain object nor plain value. */
export function structureOf(root: unknown, what: string): Structure {
  const tensors: Tensor[] = [];
  const parts: string[] = [];
  const visit = (item: unknown): ((next: readonly Tensor[]) => unknown) => {
    if (item instanceof Tensor) {
      const at = tensors.push(item) - 1;
      parts.push(`${item.dtype}${showShape(item.shape)}${item.device === 'cpu' ? '' : ` on ${item.device}`}`);
      return (next) => next[at];
    }
    if (Array.isArray(item)) {
      parts.push('[');
      const entries = item.map(visit);
      parts.push(']');
      return (next) => entries.map((entry) => entry(next));
    }
    if (item instanceof Map) {
      parts.push('map(');
      const entries = [...item].map(([key, value]) => [key, visit(value)] as const);
      parts.push(')');
      return (next) => new Map(entries.map(([key, value]) => [key, value(next)]));
    }
    if (isPlainObject(item)) {
      parts.push('{');
      const entries = Object.entries(item).map(([key, value]) => {
        parts.push(JSON.stringify(key));
        return [key, visit(value)] as const;
      });
      parts.push('}');
      return (next) => Object.fromEntries(entries.map(([key, value]) => [key, value(next)]));
    }
    if (typeof item === 'object' && item !== null) {
      throw new HebbError(
        'argument',
        `compile: ${what} may hold tensors, arrays, Maps, plain objects and plain values; received ${item.constructor?.name ?? 'an object'}.`,
      );
    }
    parts.push(`${typeof item} ${String(item)}`);
    return () => item;
  };
  const rebuild = visit(root);
  return { tensors, key: parts.join(' '), rebuild };
}

function isPlainObject(item: unknown): item is Record<string, unknown> {
  if (typeof item !== 'object' || item === null) return false;
  const prototype = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
}
