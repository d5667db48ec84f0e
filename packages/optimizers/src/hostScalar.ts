import { type Device, evaluator, scalar, scope, type Tensor, Variable, withReader } from '@hebb/tensor';

/**
 * A scalar variable whose value the host knows too: `number` reads no device memory, and a value that was `set` reaches the
 * device only when somebody looks at the variable. Assigning a tensor (loading a checkpoint, say) works as usual.
 */
export class HostScalar<D extends 'float32' | 'int64'> extends Variable<D> {
  #number: number | undefined;
  #stale = false;

  constructor(name: string, value: number, dtype: D) {
    super(
      scope(() => scalar(value, { dtype, device: 'cpu' })),
      { name, trainable: false, follows: true },
    );
    this.#number = value;
  }

  /** The value; read from the device only after a tensor was assigned. */
  get number(): number {
    this.#number ??= Number(this.peek().itemSync());
    return this.#number;
  }

  set(value: number): void {
    if (value === this.#number) return;
    this.#number = value;
    this.#stale = true;
    super.touch();
  }

  override to(device: Device): this {
    const number = this.#number;
    super.to(device);
    this.#number = number;
    return this;
  }

  /** @internal A compiled step writes the value in place. */
  override touch(): void {
    super.touch();
    this.#number = undefined;
    this.#stale = false;
  }

  /** @internal */
  override store(value: Tensor<D>): void {
    super.store(value);
    this.#number = undefined;
    this.#stale = false;
  }

  /** @internal */
  override peek(): Tensor<D> {
    if (this.#stale && this.#number !== undefined) {
      const number = this.#number;
      this.#stale = false;
      // Readers above have no part in it: the value is the host's.
      withReader(evaluator, () => scope(() => super.store(scalar(number, { dtype: this.dtype, device: this.device }))));
      this.#number = number;
    }
    return super.peek();
  }
}
