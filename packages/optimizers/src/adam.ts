import { adamUpdate, HebbError, type Tensor, type Variable } from '@hebb/tensor';
import { checkDecay, checkNonNegative, checkPositive } from './check.js';
import { Optimizer, slot } from './optimizer.js';
import type { Schedule } from './schedules/index.js';

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number | Schedule;
  /** Decay rates of the running averages of the gradient and of its square, each in [0, 1). Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Keeps the divisor from 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0 for Adam (an L2 penalty, added to the gradient), 0.01 for AdamW (decoupled). */
  readonly weightDecay?: number;
}

type AdamState = { readonly m: Variable; readonly v: Variable };

/** What Adam and AdamW share: slots `m` and `v`, and one fused update per parameter. */
abstract class AdamBase extends Optimizer<AdamState> {
  readonly #options: {
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    readonly decoupled: boolean;
  };

  constructor(name: string, options: AdamOptions, weightDecay: number, decoupled: boolean) {
    const { learningRate = 0.001, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    super(learningRate, name);
    if (betas.length !== 2) throw new HebbError('argument', `${name}: betas must be two numbers, received ${betas.length}.`);
    const [beta1, beta2] = betas;
    checkDecay(`${name}: betas[0]`, beta1);
    checkDecay(`${name}: betas[1]`, beta2);
    checkPositive(`${name}: epsilon`, epsilon);
    checkNonNegative(`${name}: weightDecay`, weightDecay);
    this.#options = { beta1, beta2, epsilon, weightDecay, decoupled };
  }

  initState(parameter: Variable): AdamState {
    return { m: slot(parameter), v: slot(parameter) };
  }

  update(parameter: Variable, gradient: Tensor, { m, v }: AdamState): void {
    const { dtype } = parameter;
    const rate = this.rate(dtype);
    const step = this.stepNumber(dtype);
    const [next, nextM, nextV] = adamUpdate(parameter.value, gradient, m.value, v.value, rate, step, this.#options);
    parameter.assign(next);
    m.assign(nextM);
    v.assign(nextV);
  }
}

/**
 * Adam, PyTorch's `Adam`. Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
 */
export class Adam extends AdamBase {
  /** @throws HebbError `range` for a negative rate or weight decay, a beta outside [0, 1) or an epsilon that is not positive. */
  constructor(options: AdamOptions = {}) {
    super('Adam', options, options.weightDecay ?? 0, false);
  }
}

/**
 * Adam with weight decay apart from the gradient, PyTorch's `AdamW`: θ ← θ − rate · weightDecay · θ, then Adam's step.
 * Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2.
 */
export class AdamW extends AdamBase {
  /** @throws HebbError `range` for a negative rate or weight decay, a beta outside [0, 1) or an epsilon that is not positive. */
  constructor(options: AdamOptions = {}) {
    super('AdamW', options, options.weightDecay ?? 0.01, true);
  }
}
