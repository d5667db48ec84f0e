import type { Device } from './device.js';
import { BYTES, type DataOf, type DType, type ItemOf } from './dtype.js';
import { HebbError } from './errors.js';
import { backend } from './runtime.js';
import { type Shape, showShape, sizeOf } from './shape.js';

/** A tensor without its operations: what ops, scopes and backends see. Users meet it as `Tensor`. */
export class TensorCore<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  /** Where the memory is; ops run there. */
  readonly device: Device;
  /** @internal The backend's name for the memory; 0 once disposed. */
  handle: number;
  /** @internal Exempt from scopes. */
  kept = false;
  /** @internal The depth of the scope that owns it; 0 when the garbage collector does. */
  scopeDepth = 0;
  /** @internal How many tapes need it: scopes leave it to the outer one. */
  holds = 0;
  /** @internal Set while a scope closes, for what leaves it. */
  leaving = false;
  private token: unknown;

  /** @internal Made by ops; see `tensor()`, `zeros()` and the other creation functions. */
  constructor(dtype: D, shape: Shape, handle: number, device: Device) {
    this.dtype = dtype;
    this.shape = shape;
    this.handle = handle;
    this.device = device;
    this.token = undefined;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** Whether the memory was freed. */
  get disposed(): boolean {
    return this.handle === 0;
  }

  /** The values, row-major. bfloat16 and float16 widen to float32. */
  async data(): Promise<DataOf<D>> {
    if (this.handle > 0) await backend().ready(this.handle);
    return this.dataSync();
  }

  /** The values, row-major, read at once. */
  dataSync(): DataOf<D> {
    const target = arrayFor(this.dtype, this.size);
    backend().read(this.liveHandle('data'), target);
    return (target instanceof Uint16Array ? widen(this.dtype, target) : target) as DataOf<D>;
  }

  /**
   * The value of a tensor with one element.
   * @throws HebbError `shape` for any other number of elements.
   */
  async item(): Promise<ItemOf<D>> {
    if (this.handle > 0) await backend().ready(this.handle);
    return this.itemSync();
  }

  /** The value of a tensor with one element, read at once. */
  itemSync(): ItemOf<D> {
    if (this.size !== 1) {
      throw new HebbError(
        'shape',
        `item: expected a tensor with one element, received shape ${showShape(this.shape)}; use data().`,
      );
    }
    const value: number | bigint = this.dataSync()[0];
    return (this.dtype === 'bool' ? value !== 0 : value) as ItemOf<D>;
  }

  /** Frees the memory now. Never required: scopes and the garbage collector do it; disposing twice is fine. */
  dispose(): void {
    const handle = this.handle;
    if (handle === 0) return;
    this.handle = 0;
    if (this.token !== undefined) {
      backend().rewatch(this.token, 0, 0);
      this.token = undefined;
    }
    backend().release(handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Lets the garbage collector free the memory. */
  watchByGc(): void {
    if (this.token === undefined && this.handle !== 0) this.token = backend().watch(this.handle, this.size * BYTES[this.dtype]);
  }

  /** @internal The handle of a tensor that must be alive. */
  liveHandle(where: string): number {
    if (this.handle === 0) throw disposedError(where, this);
    return this.handle;
  }
}

export function disposedError(where: string, tensor: TensorCore): HebbError {
  return new HebbError(
    'disposed',
    `${where}: the ${tensor.dtype} tensor of shape ${showShape(tensor.shape)} was disposed: by dispose(), or at the end of the ` +
      'scope or training step that made it. Return it from there, or keep(tensor).',
  );
}

function arrayFor(dtype: DType, size: number): DataOf<DType> | Uint16Array<ArrayBuffer> {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'float64':
      return new Float64Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'int64':
      return new BigInt64Array(size);
    case 'bfloat16':
    case 'float16':
      return new Uint16Array(size);
    default:
      return new Uint8Array(size);
  }
}

function widen(dtype: DType, bits: Uint16Array): Float32Array<ArrayBuffer> {
  if (dtype === 'bfloat16') {
    const wide = new Uint32Array(bits.length);
    for (let i = 0; i < bits.length; i++) wide[i] = bits[i] << 16;
    return new Float32Array(wide.buffer);
  }
  return Float32Array.from(bits, fromFloat16);
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
