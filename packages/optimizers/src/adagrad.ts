import { full, scope, type Tensor, type Variable } from '@hebb/tensor';
import { checkNonNegative, checkPositive } from './check.js';
import { addDecay } from './decay.js';
import { Optimizer, slot } from './optimizer.js';
import type { Schedule } from './schedules/index.js';

/** Options of {@link Adagrad}. */
export interface AdagradOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule;
  /** The rate of step t, from 1, is divided by 1 + (t − 1) · lrDecay. Default 0. */
  readonly lrDecay?: number;
  /** Keeps the divisor from 0. Default 1e-10. */
  readonly epsilon?: number;
  /** What the sums of squares start from. Default 0. */
  readonly initialAccumulator?: number;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

type AdagradState = { readonly sum: Variable };

/**
 * Adagrad in PyTorch's form: s ← s + g², θ ← θ − rate · g / (√s + ε). Source: Duchi, Hazan and Singer, "Adaptive Subgradient
 * Methods for Online Learning and Stochastic Optimization", JMLR 2011.
 */
export class Adagrad extends Optimizer<AdagradState> {
  readonly #options: Required<Omit<AdagradOptions, 'learningRate'>>;

  /** @throws HebbError `range` for a negative option or an epsilon that is not positive. */
  constructor(options: AdagradOptions = {}) {
    const { learningRate = 0.01, lrDecay = 0, epsilon = 1e-10, initialAccumulator = 0, weightDecay = 0 } = options;
    super(learningRate, 'Adagrad');
    checkNonNegative('Adagrad: lrDecay', lrDecay);
    checkPositive('Adagrad: epsilon', epsilon);
    checkNonNegative('Adagrad: initialAccumulator', initialAccumulator);
    checkNonNegative('Adagrad: weightDecay', weightDecay);
    this.#options = { lrDecay, epsilon, initialAccumulator, weightDecay };
  }

  initState(parameter: Variable): AdagradState {
    return { sum: scope(() => slot(parameter, full(parameter.shape, this.#options.initialAccumulator, parameter))) };
  }

  update(parameter: Variable, gradient: Tensor, { sum }: AdagradState): void {
    const { epsilon, weightDecay } = this.#options;
    const g = addDecay(parameter, gradient, weightDecay);
    const nextSum = sum.value.add(g.square());
    sum.assign(nextSum);
    const direction = g.div(nextSum.sqrt().add(epsilon));
    parameter.assign(parameter.value.sub(direction.mul(this.#decayedRate(parameter))));
  }

  #decayedRate({ dtype }: Variable): Tensor {
    const { lrDecay } = this.#options;
    const rate = this.rate(dtype);
    return lrDecay === 0 ? rate : rate.div(this.stepNumber(dtype).sub(1).mul(lrDecay).add(1));
  }
}
