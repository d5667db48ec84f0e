import {
  checkAvailable,
  currentReader,
  type Device,
  evaluator,
  HebbError,
  type Shape,
  scope,
  show,
  Tensor,
  Variable,
  withReader,
} from '@hebb/tensor';
import { type Fans, fansOf, type InitializerLike, initializerOf } from './initializers.js';
import { checkPolicy, getPolicy, type Policy, toComputeDType, variableDType } from './policy.js';
import type { Regularizer } from './regularizers.js';

/** Plain values from which a layer can be made again. */
export type LayerConfig = Record<string, unknown>;

export interface LayerOptions {
  /** Key of the layer's variables in saved files. Default: the property or place that holds the layer. */
  name?: string;
  /** In which dtypes the layer computes and keeps its variables; default: what `setPolicy` set. */
  dtype?: Policy;
}

export interface AddVariableOptions {
  /** Whether gradients reach it; default true. */
  trainable?: boolean;
  regularizer?: Regularizer;
  /** Incoming and outgoing connections, for initializers; default: from the shape. */
  fans?: Fans;
  /** Default: what the layer's policy says, else the dtype of the layer's first input. */
  dtype?: 'float32' | 'float64';
}

/** Called after every layer that ran; set by `summary`. */
type Observer = (layer: Layer, output: Tensor) => void;

let observer: Observer | undefined;

/** Runs `fn` and tells `watch` of every layer call inside. */
export function observing<T>(watch: Observer, fn: () => T): T {
  const before = observer;
  observer = watch;
  try {
    return fn();
  } finally {
    observer = before;
  }
}

/**
 * A piece of a network: variables and a function. To write one, extend it, make variables in `build` and compute in `forward`;
 * layers kept in properties (or arrays of them) are found by themselves.
 *
 * `call` builds the layer on its first input: the shapes of variables follow from the data.
 */
export abstract class Layer {
  /** Given by the user; undefined leaves the naming to whoever holds the layer. */
  readonly givenName: string | undefined;
  /** The layer's own policy, or the one set when it was made. */
  readonly policy: Policy | undefined;
  private readonly own = new Map<string, Variable>();
  private readonly penalties: [Variable, Regularizer][] = [];
  private inference = false;
  private buildDType: 'float32' | 'float64' = 'float32';
  private buildDevice: Device = 'cpu';
  private place: Device | undefined;
  private isBuilt = false;

  constructor({ name, dtype }: LayerOptions = {}) {
    this.givenName = name;
    this.policy = dtype === undefined ? getPolicy() : checkPolicy(this.kind, dtype);
  }

  /** What the layer computes. Called through {@link call}. */
  protected abstract forward(x: Tensor): Tensor;

  /** Makes the variables, once, for inputs of this shape. */
  protected build(_inputShape: Shape): void {}

  /** Plain values from which the layer can be made again. */
  get config(): LayerConfig {
    return {};
  }

  /** Whether the variables were made. */
  get built(): boolean {
    return this.isBuilt;
  }

  /** Whether dropout drops and batch norm uses the batch's statistics. True until {@link eval} is called. */
  get training(): boolean {
    currentReader().dependsOn(() => this.inference);
    return !this.inference;
  }

  /** Applies the layer, to x in the dtype that its policy computes in; the first call builds it. */
  call(x: Tensor): Tensor {
    if (!(x instanceof Tensor)) {
      throw new HebbError('argument', `${this.kind}: expected a tensor, received ${typeof x}; make one with tensor(values).`);
    }
    this.ensureBuilt(x);
    const y = this.forward(toComputeDType(this.policy, x));
    observer?.(this, y);
    return y;
  }

  /** Training mode, for this layer and all inside. */
  train(mode = true): this {
    this.inference = !mode;
    for (const [, child] of this.children()) child.train(mode);
    return this;
  }

  /** Inference mode, for this layer and all inside. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Moves the variables of this layer and all inside to a device; those that are not built yet are made there. Inputs have to be there too.
   * Optimizers move what they remember of a parameter after it.
   * @throws HebbError `argument` when that is no device, `unsupported` when it is not available, saying why.
   */
  to(device: Device): this {
    checkAvailable(device, `${this.kind}.to`);
    this.place = device;
    for (const variable of this.own.values()) variable.to(device);
    for (const [, child] of this.children()) child.to(device);
    return this;
  }

  /** Where {@link to} put the layer; undefined when it goes where its first input is. */
  get placement(): Device | undefined {
    return this.place;
  }

  /** The layers directly inside, by key. */
  children(): [string, Layer][] {
    const found: [string, Layer][] = [];
    for (const [key, value] of Object.entries(this)) {
      if (value instanceof Layer) found.push([value.givenName ?? key, value]);
      else if (Array.isArray(value)) {
        value.forEach((entry, i) => {
          if (entry instanceof Layer) found.push([entry.givenName ?? `${key}.${i}`, entry]);
        });
      }
    }
    return found;
  }

  /** All variables, this layer's and those inside, named by their path: "conv1/kernel". */
  get variables(): Variable[] {
    const found: Variable[] = [];
    this.collect('', found);
    return found;
  }

  /** The variables that training changes. */
  get trainableVariables(): Variable[] {
    return this.variables.filter((variable) => variable.trainable);
  }

  /** Σ of the penalties of all regularizers inside; undefined when there are none. */
  regularization(): Tensor | undefined {
    const terms = this.penalties.map(([variable, regularizer]) => regularizer(variable.value));
    for (const [, child] of this.children()) {
      const term = child.regularization();
      if (term) terms.push(term);
    }
    return terms.length === 0 ? undefined : terms.reduce((sum, term) => sum.add(term));
  }

  /** Name of the layer's class. */
  get kind(): string {
    return this.constructor.name;
  }

  /** Makes a variable of this layer; for use in `build`. */
  protected addVariable(name: string, shape: Shape, initializer: InitializerLike, options: AddVariableOptions = {}): Variable {
    if (this.own.has(name)) throw new HebbError('argument', `${this.kind}: a variable named "${name}" was made already.`);
    const dtype = options.dtype ?? this.buildDType;
    const variable = withReader(evaluator, () =>
      scope(() => {
        const values = initializerOf(initializer)(shape, { dtype, fans: options.fans ?? fansOf(shape) });
        return new Variable(values.to(this.buildDevice), { name, trainable: options.trainable ?? true });
      }),
    );
    this.own.set(name, variable);
    if (options.regularizer) this.penalties.push([variable, options.regularizer]);
    return variable;
  }

  /** A variable's value in the dtype that the layer's policy computes in; for weights that meet the input in `forward`. */
  protected weight(variable: Variable): Tensor {
    return toComputeDType(this.policy, variable.value);
  }

  /** @throws HebbError `shape` unless the input has this rank. */
  protected checkRank(x: Tensor, rank: number, layout: string): void {
    if (x.rank !== rank)
      throw new HebbError('shape', `${this.kind}: expected an input of rank ${rank} ${layout}, received ${show(x)}.`);
  }

  private ensureBuilt(x: Tensor): void {
    if (this.isBuilt) return;
    this.buildDType = variableDType(this.policy, x.dtype);
    this.buildDevice = this.place ?? x.device;
    try {
      this.build(x.shape);
      this.isBuilt = true;
    } finally {
      if (!this.isBuilt) this.unbuild();
    }
  }

  /** A build that failed leaves nothing behind: the next call starts over. */
  private unbuild(): void {
    for (const variable of this.own.values()) variable.dispose();
    this.own.clear();
    this.penalties.length = 0;
  }

  private collect(prefix: string, found: Variable[]): void {
    for (const [name, variable] of this.own) {
      variable.name = prefix + name;
      found.push(variable);
    }
    for (const [key, child] of this.children()) child.collect(`${prefix}${key}/`, found);
  }
}
