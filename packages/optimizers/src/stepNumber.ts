import { evaluator, scalar, scope, type Tensor, Variable, withReader } from '@hebb/tensor';

/**
 * The number of the present step as float32, which update kernels take. It lies where the parameters are, and a step that reads it
 * counts it there: nothing has to travel. The host, which counts too, puts its own count in where the two part: at the start, after a
 * checkpoint was loaded, or when a step failed.
 */
export class StepNumber extends Variable<'float32'> {
  /** What is there once everything begun has run; undefined when nobody knows. */
  #there: number | undefined = 0;
  /** What has to be put there before the next run. */
  #pending: number | undefined;

  constructor(name: string) {
    super(
      scope(() => scalar(0, { device: 'cpu' })),
      { name, trainable: false, follows: true },
    );
  }

  /** Says how many steps there were before the one that comes. */
  expect(steps: number): void {
    if (steps === this.#there) return;
    this.#there = this.#pending = steps;
    this.touch();
  }

  /** Says that a step counts, or that nobody knows whether one did. */
  counted(known: boolean): void {
    this.#there = known && this.#there !== undefined ? this.#there + 1 : undefined;
  }

  /** @internal */
  override peek(): Tensor<'float32'> {
    const steps = this.#pending;
    if (steps !== undefined) {
      this.#pending = undefined;
      // Readers above have no part in it: the value is the host's.
      withReader(evaluator, () => scope(() => this.store(scalar(steps, { device: super.peek().device }))));
    }
    return super.peek();
  }
}
