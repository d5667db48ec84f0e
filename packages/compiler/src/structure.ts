import { HebbError, showShape, Tensor } from '@hebb/tensor';

/** A structure with its tensors taken out: arrays and plain objects of tensors and plain values. */
export interface Structure {
  readonly tensors: readonly Tensor[];
  /** What tells structures apart: form, dtypes, shapes, plain values. */
  readonly key: string;
  /** The structure again, with other tensors. */
  rebuild(tensors: readonly Tensor[]): unknown;
}

/** @throws HebbError `argument` for what is neither tensor, array, Map, plain object nor plain value. */
export function structureOf(root: unknown, what: string): Structure {
  const tensors: Tensor[] = [];
  const parts: string[] = [];
  const open = new Set<unknown>();
  const visit = (item: unknown): ((next: readonly Tensor[]) => unknown) => {
    if (open.has(item))
      throw new HebbError('argument', `compile: ${what} may not hold an array, Map or object that is inside itself.`);
    if (typeof item !== 'object' || item === null || item instanceof Tensor) return look(item);
    open.add(item);
    const result = look(item);
    open.delete(item);
    return result;
  };
  const look = (item: unknown): ((next: readonly Tensor[]) => unknown) => {
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
      const entries = [...item].map(([key, value]) => {
        parts.push(mapKey(key));
        return [key, visit(value)] as const;
      });
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
    parts.push(plain(item, what));
    return () => item;
  };
  const rebuild = visit(root);
  return { tensors, key: parts.join(' '), rebuild };
}

/** A plain value as text, different for whatever is different. */
function plain(item: unknown, what: string): string {
  if (typeof item === 'string') return `string ${JSON.stringify(item)}`;
  if (Object.is(item, -0)) return 'number -0';
  const other = typeof item === 'object' && item !== null;
  if (!other && typeof item !== 'function' && typeof item !== 'symbol') return `${typeof item} ${String(item)}`;
  throw new HebbError(
    'argument',
    `compile: ${what} may hold tensors, arrays, Maps, plain objects and plain values; received ${other ? (item.constructor?.name ?? 'an object') : `a ${typeof item}`}.`,
  );
}

/** Keys of Maps that are objects, such as Variables, are told apart by which they are. */
const numbers = new WeakMap<object, number>();
let known = 0;

function mapKey(key: unknown): string {
  if ((typeof key !== 'object' || key === null) && typeof key !== 'function') return plain(key, 'keys of a Map');
  if (!numbers.has(key)) numbers.set(key, known++);
  return `key ${numbers.get(key)}`;
}

function isPlainObject(item: unknown): item is Record<string, unknown> {
  if (typeof item !== 'object' || item === null) return false;
  const prototype = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
}
