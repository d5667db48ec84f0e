import { HebbError, sgdUpdate, type Tensor, type Variable } from '@hebb/tensor';
import { checkDecay, checkNonNegative } from './check.js';
import { Optimizer, slot } from './optimizer.js';
import type { Schedule } from './schedules/index.js';

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule;
  /** At least 0 and below 1. Default 0. */
  readonly momentum?: number;
  /** Nesterov's form; needs momentum. Default false. */
  readonly nesterov?: boolean;
  /** L2 penalty, added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

type SGDState = { readonly momentum: Variable | undefined };

/**
 * Stochastic gradient descent, PyTorch's `SGD`: g' = g + weightDecay · θ, m ← momentum · m + g', θ ← θ − rate · m
 * (Nesterov: θ − rate · (g' + momentum · m)). Source: Sutskever et al., "On the importance of initialization and momentum in
 * deep learning", ICML 2013.
 */
export class SGD extends Optimizer<SGDState> {
  readonly #options: { readonly momentum: number; readonly nesterov: boolean; readonly weightDecay: number };

  /** @throws HebbError `range` for a negative rate or weight decay or a momentum outside [0, 1), `argument` for Nesterov without it. */
  constructor(options: SGDOptions = {}) {
    const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options;
    super(learningRate, 'SGD');
    checkDecay('SGD: momentum', momentum);
    checkNonNegative('SGD: weightDecay', weightDecay);
    if (nesterov && momentum === 0) throw new HebbError('argument', 'SGD: nesterov needs a momentum above 0.');
    this.#options = { momentum, nesterov, weightDecay };
  }

  initState(parameter: Variable): SGDState {
    return { momentum: this.#options.momentum === 0 ? undefined : slot(parameter) };
  }

  update(parameter: Variable, gradient: Tensor, { momentum }: SGDState): void {
    const rate = this.rate(parameter.dtype);
    const [next, nextMomentum] = sgdUpdate(parameter.value, gradient, rate, momentum?.value, this.#options);
    parameter.assign(next);
    if (momentum !== undefined && nextMomentum !== undefined) momentum.assign(nextMomentum);
  }
}
