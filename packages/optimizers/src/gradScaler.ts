import { checkInteger, type DType, HebbError, maximum, scalar, scope, type Tensor, Variable, where, zeros } from '@hebb/tensor';
import type { Gradients, Optimizer } from './optimizer.js';

export interface GradScalerOptions {
  /** The first scale, from 1; default 2¹⁵. */
  initialScale?: number;
  /** Good steps after which the scale doubles; default 2000. */
  growthInterval?: number;
}

/**
 * Dynamic loss scaling for float16, whose smallest number is 6·10⁻⁸ (Micikevicius et al., "Mixed Precision Training", ICLR 2018,
 * section 3.2; the rules are those of PyTorch's `GradScaler` and Keras's `LossScaleOptimizer`). The loss is multiplied by a scale before
 * gradients are taken, and the gradients are divided by it. A step whose gradients hold an infinity or NaN changes neither parameters
 * nor slots and halves the scale; after 2000 good steps in a row the scale doubles.
 *
 * Scale and counter are variables and nothing is read back, so that steps can be compiled. The optimizer's step count, which schedules
 * and Adam's bias correction read, counts skipped steps too.
 *
 * @example
 * const scaler = new GradScaler();
 * const { grads } = valueAndGrad(() => scaler.scale(crossEntropy(model.call(x), y)));
 * scaler.apply(optimizer, scaler.unscale(grads));
 */
export class GradScaler {
  /** What losses are multiplied by, float32. */
  readonly lossScale: Variable<'float32'>;
  /** Good steps since the scale changed last, int32. */
  readonly goodSteps: Variable<'int32'>;
  readonly #interval: number;

  /** @throws HebbError `range` for a scale that is no finite number from 1, or an interval that is no whole number from 1. */
  constructor({ initialScale = 2 ** 15, growthInterval = 2000 }: GradScalerOptions = {}) {
    if (!(initialScale >= 1 && Number.isFinite(Math.fround(initialScale))))
      throw new HebbError('range', `GradScaler: expected an initialScale from 1, received ${initialScale}.`);
    checkInteger('GradScaler', 'growthInterval', growthInterval, 1);
    this.#interval = growthInterval;
    this.lossScale = state('lossScale', () => scalar(initialScale, { dtype: 'float32', device: 'cpu' }));
    this.goodSteps = state('goodSteps', () => zeros([], { dtype: 'int32', device: 'cpu' }));
  }

  /** To save beside the weights. */
  get variables(): readonly Variable[] {
    return [this.lossScale, this.goodSteps];
  }

  /** loss·scale */
  scale(loss: Tensor): Tensor {
    return loss.mul(this.lossScale.valueOn(loss.device).cast(loss.dtype));
  }

  /** The gradients of the loss, from those of `scale(loss)`. */
  unscale(gradients: Gradients): Gradients {
    return new Map(
      [...gradients].map(([parameter, gradient]) => {
        const factor = this.lossScale.valueOn(gradient.device).reciprocal();
        return [parameter, gradient.mul(factor.cast(gradient.dtype))];
      }),
    );
  }

  /** Takes a step of the optimizer if all of these (unscaled) gradients are finite, and moves the scale. */
  apply(optimizer: Optimizer, gradients: Gradients): void {
    scope(() => {
      const finite = allFinite(gradients);
      optimizer.build(gradients.keys());
      // What a step changes, as it was before. The learning rate and the step count belong to the host.
      const { learningRate, step } = optimizer;
      const slots = optimizer.variables.filter((variable) => variable !== learningRate && variable !== step);
      const before = [...gradients.keys(), ...slots].map((variable) => [variable, variable.value] as const);
      optimizer.apply(gradients);
      for (const [variable, value] of before) variable.assign(where(finite, variable.value, value));
      this.#update(finite);
    });
  }

  #update(finite: Tensor<'bool'>): void {
    const scale = this.lossScale.valueOn(finite.device);
    const steps = this.goodSteps.valueOn(finite.device).add(1);
    const grows = finite.logicalAnd(steps.greaterEqual(this.#interval));
    const doubled = scale.mul(2);
    const grown = where(grows.logicalAnd(doubled.isFinite()), doubled, scale);
    this.lossScale.assign(where(finite, grown, maximum(scale.mul(0.5), 1)));
    this.goodSteps.assign(where(finite.logicalAnd(grows.logicalNot()), steps, 0));
  }
}

/** A variable that goes to the device of the steps that use it. */
function state<D extends DType>(name: string, first: () => Tensor<D>): Variable<D> {
  return scope(() => new Variable(first(), { name: `GradScaler/${name}`, trainable: false, follows: true }));
}

function allFinite(gradients: Gradients): Tensor<'bool'> {
  const each = [...gradients.values()].map((gradient) => gradient.isFinite().all());
  return each.reduce((all, one) => all.logicalAnd(one));
}
