import { HebbError } from './errors.js';
import type { TensorCore } from './tensor-core.js';

/** Tensors made in open scopes, oldest first; an inner scope's tensors are the tail. */
const live: TensorCore[] = [];
let depth = 0;

/** Hands a new tensor to the innermost scope, or to the garbage collector where there is none. */
export function adopt(tensor: TensorCore): void {
  if (depth > 0) {
    tensor.scopeDepth = depth;
    live.push(tensor);
  } else {
    tensor.watchByGc();
  }
}

/** How many scopes are open. */
export function openScopes(): number {
  return depth;
}

/**
 * Runs `fn` and frees every tensor made inside, except what it returns (in any nesting of arrays, plain objects, Maps and Sets)
 * and what was passed to {@link keep}. Scopes nest: what leaves an inner scope belongs to the outer one.
 *
 * @throws HebbError `argument` when `fn` returns a promise: tensors cannot be followed across an `await`.
 */
export function scope<T>(fn: () => T): T {
  const mark = live.length;
  depth++;
  let result: T | undefined;
  try {
    result = fn();
    if (result instanceof Promise) throw promiseInScope();
    return result;
  } finally {
    depth--;
    close(mark, result);
  }
}

function close(mark: number, result: unknown): void {
  if (live.length === mark) return;
  const leaving: TensorCore[] = [];
  collect(result, leaving, undefined);
  for (const tensor of leaving) tensor.leaving = true;
  let left = mark;
  for (let i = mark; i < live.length; i++) {
    const tensor = live[i];
    if (tensor.handle === 0 || tensor.kept) continue;
    if (!tensor.leaving && tensor.holds === 0) {
      tensor.dispose();
    } else {
      tensor.scopeDepth = depth;
      if (depth > 0) live[left++] = tensor;
      else tensor.watchByGc();
    }
  }
  live.length = left;
  for (const tensor of leaving) tensor.leaving = false;
}

/** Exempts a tensor from all scopes: it lives until it is disposed or no longer referenced. */
export function keep<T extends TensorCore>(tensor: T): T {
  if (!tensor.kept) {
    tensor.kept = true;
    tensor.watchByGc();
  }
  return tensor;
}

/** Every tensor reachable from a value through arrays, plain objects, Maps and Sets. */
export function tensorsIn(value: unknown): TensorCore[] {
  const found: TensorCore[] = [];
  collect(value, found, undefined);
  return found;
}

/** `seen` guards against cycles; it is made only where objects nest, which the results of small steps seldom do. */
function collect(value: unknown, found: TensorCore[], seen: Set<unknown> | undefined): void {
  if (typeof value !== 'object' || value === null) return;
  if (isTensor(value)) {
    found.push(value);
    return;
  }
  if (seen?.has(value)) return;
  const known = seen ?? new Set();
  known.add(value);
  if (Array.isArray(value) || value instanceof Set) for (const entry of value) collect(entry, found, known);
  else if (value instanceof Map) for (const entry of value) collect(entry, found, known);
  else if (isPlain(value)) for (const entry of Object.values(value)) collect(entry, found, known);
}

function isPlain(item: object): boolean {
  const prototype = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null;
}

function isTensor(item: object): item is TensorCore {
  return 'watchByGc' in item;
}

function promiseInScope(): HebbError {
  return new HebbError(
    'argument',
    'scope: the function returned a promise, and tensors cannot be followed across an await. ' +
      'Await outside: scope(() => …) for the computation, then `await result.data()`.',
  );
}
