import {
  currentReader,
  type Device,
  type DType,
  evaluator,
  HebbError,
  sameShape,
  scope,
  show,
  type Tensor,
  Variable,
  withReader,
  zeros,
} from '@hebb/tensor';
import { checkNonNegative } from './check.js';
import { HostScalar } from './hostScalar.js';
import type { Schedule } from './schedules/index.js';
import { StepNumber } from './stepNumber.js';

/** What an optimizer remembers of one parameter: a Variable per slot, by name. */
export type State = Readonly<Record<string, Variable | undefined>>;

/** A gradient for every parameter to update, as `valueAndGrad` returns it. */
export type Gradients = ReadonlyMap<Variable, Tensor>;

/** Elements from which on the memory of a parameter's old value matters more than a microsecond. */
const LARGE = 1 << 16;

/**
 * Base of all optimizers. One of your own is two methods:
 *
 * @example
 * class SignDescent extends Optimizer {
 *   initState(): State { return {}; }
 *   update(parameter: Variable, gradient: Tensor): void {
 *     const sign = gradient.greater(0).cast(gradient.dtype).sub(gradient.less(0).cast(gradient.dtype));
 *     parameter.assign(parameter.value.sub(sign.mul(this.rate(parameter.dtype))));
 *   }
 * }
 */
export abstract class Optimizer<S extends State = State> {
  /** Starts the names of the saved variables. */
  readonly name: string;
  /** The learning rate, float32. Assign to change it; a schedule sets it anew in every step. */
  readonly learningRate: Variable<'float32'>;
  /** The number of steps taken, int64. */
  readonly step: Variable<'int64'>;
  readonly #rate: HostScalar<'float32'>;
  readonly #steps: HostScalar<'int64'>;
  readonly #stepNumber: StepNumber;
  /** Whether the present update was counted there. */
  #counted = false;
  readonly #schedule: Schedule | undefined;
  readonly #states = new Map<Variable, S>();
  readonly #names = new Set<string>();
  /** Where the parameter is whose update runs. */
  #device: Device = 'cpu';

  /**
   * @param learningRate a number of at least 0, or a schedule.
   * @param name starts the names of the saved variables. Default: the name of the class.
   * @throws HebbError `range` for a rate that is negative or not finite.
   */
  constructor(learningRate: number | Schedule, name?: string) {
    this.name = name ?? new.target.name;
    this.#schedule = typeof learningRate === 'function' ? learningRate : undefined;
    const first = typeof learningRate === 'function' ? learningRate(0) : learningRate;
    checkNonNegative(`${this.name}: learningRate`, first);
    this.#rate = new HostScalar(`${this.name}/learningRate`, first, 'float32');
    this.#steps = new HostScalar(`${this.name}/step`, 0, 'int64');
    this.#stepNumber = new StepNumber(`${this.name}/stepNumber`);
    this.learningRate = this.#rate;
    this.step = this.#steps;
  }

  /** The slots of a parameter before its first update; {@link slot} makes one of zeros. */
  abstract initState(parameter: Variable): S;

  /** Assigns the parameter, and its slots, their next values. Runs in a scope; `gradient` fits the parameter. */
  abstract update(parameter: Variable, gradient: Tensor, state: S): void;

  /** The number of steps taken. */
  get stepCount(): number {
    return this.#steps.number;
  }

  /** The learning rate as a number. */
  get currentLearningRate(): number {
    return this.#rate.number;
  }

  /** Sets the learning rate. A schedule, where there is one, sets it anew in the next step. @throws HebbError `range` if negative. */
  setLearningRate(rate: number): void {
    checkNonNegative(`${this.name}: learningRate`, rate);
    this.#rate.set(rate);
  }

  /**
   * Everything to save beside the weights, with unique names: the learning rate, the step count, and the slots that exist.
   * To load before the first step, call {@link build} first.
   */
  get variables(): readonly Variable[] {
    const slots = [...this.#states.values()].flatMap((state) => Object.values(state).filter((slot) => slot !== undefined));
    return [this.learningRate, this.step, ...slots];
  }

  /** Makes the slots of the trainable ones of `variables`, so that a saved state can be loaded into them. */
  build(variables: Iterable<Variable>): this {
    for (const variable of variables) if (variable.trainable) this.#stateOf(variable);
    return this;
  }

  /**
   * Takes one step: updates every parameter in `gradients`. All gradients are checked before anything changes.
   *
   * @throws HebbError `argument` without gradients, `shape` or `dtype` for a gradient that does not fit its parameter, `range`
   *   if the schedule returns a rate that is negative or not finite.
   */
  apply(gradients: Gradients): void {
    checkGradients(this.name, gradients);
    currentReader().onRun(() => this.advance());
    this.#counted = false;
    scope(() => {
      for (const [parameter, gradient] of gradients) {
        const update = (): void => this.update(parameter, gradient, this.#stateOf(parameter));
        this.#device = parameter.device;
        // A scope of its own frees the old value of one parameter before the next is made.
        if (parameter.size >= LARGE) scope(update);
        else update();
      }
    });
    if (this.#counted) currentReader().onRun(() => this.#count());
  }

  /** The part of a step that runs on the host: sets the learning rate of the step and counts it. Returns how to take that back. */
  protected advance(): () => void {
    const [rate, count] = [this.currentLearningRate, this.stepCount];
    if (this.#schedule !== undefined) {
      const rate = this.#schedule(this.stepCount);
      checkNonNegative(`${this.name}: the scheduled learning rate of step ${this.stepCount}`, rate);
      this.#rate.set(rate);
    }
    this.#stepNumber.expect(count);
    this.#steps.set(count + 1);
    return () => {
      this.#rate.set(rate);
      this.#steps.set(count);
    };
  }

  /** The part of it that only steps have which read their number. */
  #count(): () => void {
    this.#stepNumber.counted(true);
    return () => this.#stepNumber.counted(false);
  }

  /** For `update`: the learning rate as a scalar of the parameter's dtype. */
  protected rate<D extends DType>(dtype: D): Tensor<D> {
    return valueAs(this.learningRate, dtype, this.#device);
  }

  /** For `update`: the number of this step, from 1, as a scalar of the parameter's dtype. */
  protected stepNumber<D extends DType>(dtype: D): Tensor<D> {
    const number = this.#stepNumber;
    if (!this.#counted) {
      this.#counted = true;
      number.assign(number.valueOn(this.#device).add(1));
    }
    return valueAs(number, dtype, this.#device);
  }

  #stateOf(parameter: Variable): S {
    let state = this.#states.get(parameter);
    if (state === undefined) {
      // Slots are made now, whoever reads: a compiled step must not make them anew every time.
      state = withReader(evaluator, () => this.initState(parameter));
      const prefix = this.#uniquePrefix(parameter.name);
      for (const [key, slot] of Object.entries(state)) if (slot !== undefined) slot.name = `${prefix}/${key}`;
      this.#states.set(parameter, state);
    }
    for (const slot of Object.values(state))
      if (slot !== undefined && slot.device !== parameter.device) slot.to(parameter.device);
    return state;
  }

  /** Parameters that share a name are told apart by a number, in the order in which the optimizer met them. */
  #uniquePrefix(parameterName: string): string {
    const base = `${this.name}/${parameterName}`;
    let prefix = base;
    for (let count = 2; this.#names.has(prefix); count += 1) prefix = `${base}#${count}`;
    this.#names.add(prefix);
    return prefix;
  }
}

/** A slot of zeros in the form of `parameter`, where it is. */
export function slot(parameter: Variable, value?: Tensor): Variable {
  return scope(() => new Variable(value?.to(parameter.device) ?? zeros(parameter.shape, parameter), { trainable: false }));
}

function valueAs<D extends DType>(variable: Variable, dtype: D, device: Device): Tensor<D> {
  const value = variable.valueOn(device);
  return value.dtype === dtype ? (value as Tensor<D>) : value.cast(dtype);
}

function checkGradients(name: string, gradients: Gradients): void {
  if (gradients.size === 0) {
    throw new HebbError('argument', `${name}: apply received no gradients. Does the loss read any trainable variable?`);
  }
  for (const [parameter, gradient] of gradients) {
    const { shape, dtype, device } = parameter;
    const fits = gradient.dtype === dtype && sameShape(gradient.shape, shape);
    if (fits && gradient.device === device) continue;
    const code = fits ? 'device' : gradient.dtype === dtype ? 'shape' : 'dtype';
    throw new HebbError(
      code,
      `${name}: "${parameter.name}": expected a gradient like the parameter, ${show(parameter)}, received ${show(gradient)}.`,
    );
  }
}
