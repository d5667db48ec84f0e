import type { Tensor, Variable } from '@hebb/tensor';
import { checkDecay, checkNonNegative, checkPositive } from './check.js';
import { addDecay } from './decay.js';
import { Optimizer, slot } from './optimizer.js';
import type { Schedule } from './schedules/index.js';

/** Options of {@link RMSprop}. */
export interface RMSpropOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule;
  /** Decay rate of the running averages, in [0, 1). Default 0.99. */
  readonly alpha?: number;
  /** Keeps the divisor from 0. Default 1e-8. */
  readonly epsilon?: number;
  /** At least 0 and below 1. Default 0. */
  readonly momentum?: number;
  /** Divide by the standard deviation of the gradient instead of its root mean square. Default false. */
  readonly centered?: boolean;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

type RMSpropState = { readonly square: Variable; readonly mean: Variable | undefined; readonly momentum: Variable | undefined };

/**
 * RMSprop in PyTorch's form: v ← α v + (1 − α) g², θ ← θ − rate · g / (√v + ε), with √(v − mean²) if centred.
 * Source: Tieleman and Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012; centred: Graves,
 * "Generating Sequences With Recurrent Neural Networks", 2013, section 4.2.
 */
export class RMSprop extends Optimizer<RMSpropState> {
  readonly #options: Required<Omit<RMSpropOptions, 'learningRate'>>;

  /** @throws HebbError `range` for a negative rate or weight decay, alpha or momentum outside [0, 1), epsilon not positive. */
  constructor(options: RMSpropOptions = {}) {
    const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
    super(learningRate, 'RMSprop');
    checkDecay('RMSprop: alpha', alpha);
    checkDecay('RMSprop: momentum', momentum);
    checkPositive('RMSprop: epsilon', epsilon);
    checkNonNegative('RMSprop: weightDecay', weightDecay);
    this.#options = { alpha, epsilon, momentum, centered, weightDecay };
  }

  initState(parameter: Variable): RMSpropState {
    const { centered, momentum } = this.#options;
    return {
      square: slot(parameter),
      mean: centered ? slot(parameter) : undefined,
      momentum: momentum === 0 ? undefined : slot(parameter),
    };
  }

  update(parameter: Variable, gradient: Tensor, state: RMSpropState): void {
    const { alpha, epsilon, momentum, weightDecay } = this.#options;
    const g = addDecay(parameter, gradient, weightDecay);
    let spread = average(state.square, g.square(), alpha);
    if (state.mean !== undefined) spread = spread.sub(average(state.mean, g, alpha).square());
    let direction = g.div(spread.sqrt().add(epsilon));
    if (state.momentum !== undefined) {
      direction = state.momentum.value.mul(momentum).add(direction);
      state.momentum.assign(direction);
    }
    parameter.assign(parameter.value.sub(direction.mul(this.rate(parameter.dtype))));
  }
}

/** Moves a running average towards `value` and returns it. */
function average(variable: Variable, value: Tensor, decay: number): Tensor {
  const next = variable.value.mul(decay).add(value.mul(1 - decay));
  variable.assign(next);
  return next;
}
