import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { type BatchDataset, DataLoader, type Dataset } from '@hebb/data';
import { build, type Layer } from '@hebb/layers';
import type { Metric } from '@hebb/metrics';
import { type Gradients, GradScaler, type Optimizer } from '@hebb/optimizers';
import { checkInteger, type Device, HebbError, keep, scope, Tensor } from '@hebb/tensor';
import type { Callback, TrainingState } from './callback.js';
import { chooseDevice } from './device.js';
import { compiledFor, forwardOf } from './forward.js';
import { type Logs, validationName } from './logs.js';
import { ProgressBar } from './progress.js';
import { Running } from './running.js';

/** Inputs and targets, the first axis the examples. */
export type Batch = readonly [Tensor, Tensor];

/** Anything that gives batches, or a dataset of [input, target] records that a loader can batch. */
export type BatchSource = DataLoader<unknown, Batch> | Dataset<readonly unknown[]> | BatchDataset<readonly unknown[], Batch>;

export interface TrainerOptions {
  model: Layer;
  /** From predictions and targets to a scalar. */
  loss: (predictions: Tensor, targets: Tensor) => Tensor;
  optimizer: Optimizer;
  /** Default none. */
  metrics?: readonly Metric[];
  /** Applied to the gradients of every step, as in (grads) => clipByGlobalNorm(grads, 1).gradients. Called while the step is compiled. */
  transformGradients?: (grads: Gradients) => Gradients;
  /**
   * Whether training steps, and inference on shapes that come again, are compiled into one native call; default true. Turn it off for a model that
   * reads values (`item()`, `data()`) or makes choices that differ from batch to batch in its `forward`.
   */
  compile?: boolean;
  /**
   * Where the model computes: the trainer moves the model there, and every batch and input. 'auto' takes a GPU where there is one. Default: where
   * the model is, else `getDefaultDevice()`.
   */
  device?: Device | 'auto';
}

export interface FitOptions {
  /** Default 1. */
  epochs?: number;
  /** For datasets; a loader has its own. Default 32. */
  batchSize?: number;
  /** Whether a dataset is shuffled every epoch; a loader decides itself. Default true. */
  shuffle?: boolean;
  /** Seed of the order; default 0. */
  seed?: number;
  /** Evaluated after every epoch. */
  validation?: BatchSource;
  callbacks?: readonly Callback[];
  /** A progress bar on standard output; default true. */
  progress?: boolean;
}

/** What `fit` returns. */
export interface History {
  /** Figures of each epoch that ran. */
  epochs: Logs[];
  /** Why training ended before the last epoch; undefined when it did not. */
  stopped?: string;
}

/** Longest time that a loop computes without letting timers and input have their turn, in milliseconds. */
const TURN_MS = 15;

/** Trains, evaluates and applies a model. Steps run in scopes: nothing has to be disposed of. */
export class Trainer {
  readonly model: Layer;
  readonly optimizer: Optimizer;
  /** Scales the losses of a model that computes in float16; undefined for other models. */
  readonly scaler: GradScaler | undefined;
  /** Where the model computes. */
  readonly device: Device;
  private readonly options: TrainerOptions;
  private readonly forward: (x: Tensor) => Tensor;
  private readonly step: (x: Tensor, y: Tensor) => Promise<readonly [Tensor, Tensor]>;

  constructor(options: TrainerOptions) {
    for (const name of ['model', 'loss', 'optimizer'] as const) {
      if (options[name] === undefined)
        throw new HebbError('argument', `Trainer: expected ${name} in its options, received undefined.`);
    }
    this.options = options;
    this.model = options.model;
    this.device = chooseDevice(options.model, options.device);
    this.model.to(this.device);
    this.optimizer = options.optimizer;
    this.scaler = computesInFloat16(options.model) ? new GradScaler() : undefined;
    this.forward = options.compile === false ? (x) => this.model.call(x) : forwardOf(this.model);
    const asWritten = async (x: Tensor, y: Tensor) => scope(() => this.computeStep(x, y));
    this.step = options.compile === false ? asWritten : compiledFor(compile(this.computeStep), asWritten);
  }

  /**
   * Trains for some epochs.
   * @throws HebbError for data, shapes and labels that do not fit; callbacks' `onTrainEnd` runs all the same.
   */
  async fit(source: BatchSource, options: FitOptions = {}): Promise<History> {
    const { epochs = 1, validation, callbacks = [], progress = true } = options;
    checkInteger('fit', 'epochs', epochs, 1);
    const loader = asLoader(source, options);
    const history: History = { epochs: [] };
    const state = {
      model: this.model,
      optimizer: this.optimizer,
      epochs,
      steps: loader.length,
      batchLoss: NaN,
      stop: (reason: string) => {
        history.stopped ??= reason;
      },
    } satisfies TrainingState;
    const watchers: readonly Callback[] = progress ? [...callbacks, new ProgressBar()] : callbacks;
    try {
      for (const watcher of watchers) await watcher.onTrainBegin?.(state);
      for (let epoch = 0; epoch < epochs && history.stopped === undefined; epoch++) {
        for (const watcher of watchers) await watcher.onEpochBegin?.(epoch, state);
        const logs = await this.trainEpoch(loader, watchers, state, history);
        if (validation) {
          const figures = await this.evaluate(validation, options);
          for (const [name, value] of Object.entries(figures)) logs[validationName(name)] = value;
        }
        logs.learningRate = this.optimizer.currentLearningRate;
        history.epochs.push(logs);
        for (const watcher of watchers) await watcher.onEpochEnd?.(epoch, logs, state);
      }
    } finally {
      for (const watcher of watchers) await watcher.onTrainEnd?.(state);
    }
    return history;
  }

  /** Loss and metrics over a whole dataset, in inference mode. */
  async evaluate(source: BatchSource, options: Pick<FitOptions, 'batchSize'> = {}): Promise<Logs> {
    const running = new Running(this.options.metrics ?? []);
    await this.inference(asLoader(source, { ...options, shuffle: false }), ([x, y]) => {
      const predictions = this.forward(x);
      running.update(Number(this.options.loss(predictions, y).itemSync()), predictions, y);
    });
    return running.logs();
  }

  /**
   * The model's output for inputs [N, ...] in inference mode, computed `batchSize` (default 32) examples at a time; timers and input have their
   * turn in between. It is where the inputs are, and belongs to no scope.
   */
  async predict(inputs: Tensor, { batchSize = 32 }: { batchSize?: number } = {}): Promise<Tensor> {
    checkInteger('predict', 'batchSize', batchSize, 1);
    if (inputs.rank === 0 || inputs.shape[0] === 0) {
      throw new HebbError('shape', `predict: expected inputs [N, ...] with N from 1, received shape [${inputs.shape}].`);
    }
    const wasTraining = this.model.training;
    const parts: Tensor[] = [];
    this.model.eval();
    try {
      const turns = new Turns();
      for (let from = 0; from < inputs.shape[0]; from += batchSize) {
        if (from > 0) await turns.next();
        const start = inputs.shape.map((_, axis) => (axis === 0 ? from : 0));
        const size = [Math.min(batchSize, inputs.shape[0] - from), ...inputs.shape.slice(1)];
        parts.push(keep(scope(() => this.forward(inputs.slice(start, size).to(this.device)).to(inputs.device))));
      }
      return parts.length === 1 ? (parts.pop() as Tensor) : parts[0].concat(parts.slice(1), 0);
    } finally {
      for (const part of parts) part.dispose();
      this.model.train(wasTraining);
    }
  }

  private async trainEpoch(
    loader: DataLoader<unknown, Batch>,
    watchers: readonly Callback[],
    state: TrainingState & { batchLoss: number },
    history: History,
  ): Promise<Logs> {
    this.model.train();
    const running = new Running(this.options.metrics ?? []);
    const turns = new Turns();
    let batch = 0;
    for await (const [x, y] of loader) {
      checkBatch(x, y);
      state.batchLoss = await this.trainStep(this.moved(x), this.moved(y), running);
      const logs = running.logs();
      for (const watcher of watchers) {
        const pending = watcher.onBatchEnd?.(batch, logs, state);
        if (pending) await pending;
      }
      batch++;
      if (history.stopped !== undefined) break;
      await turns.next();
    }
    return running.logs();
  }

  /** One step; returns its loss. */
  private async trainStep(x: Tensor, y: Tensor, running: Running): Promise<number> {
    // First, so that initializers and the step draw the same random numbers compiled and eagerly.
    if (!this.model.built) build(this.model, x.shape, x.dtype, this.device);
    const [value, predictions] = await this.step(x, y);
    try {
      return scope(() => {
        const loss = Number(value.itemSync());
        running.update(loss, predictions, y);
        return loss;
      });
    } finally {
      for (const tensor of [value, predictions, x, y]) tensor.dispose();
    }
  }

  /** Loss and predictions of a batch, after which the parameters have moved. */
  private readonly computeStep = (x: Tensor, y: Tensor): readonly [Tensor, Tensor] => {
    const { scaler } = this;
    const { value, grads } = valueAndGrad((): readonly [Tensor, Tensor, Tensor] => {
      const predictions = this.model.call(x);
      const loss = this.options.loss(predictions, y);
      const penalty = this.model.regularization();
      const whole = penalty ? loss.add(penalty) : loss;
      return [scaler ? scaler.scale(whole) : whole, whole, predictions];
    });
    const unscaled = scaler ? scaler.unscale(grads) : grads;
    const gradients = this.options.transformGradients?.(unscaled) ?? unscaled;
    if (scaler) scaler.apply(this.optimizer, gradients);
    else this.optimizer.apply(gradients);
    return [value[1], value[2]];
  };

  /** A batch's tensor where the model is; the trainer disposes of it, and has no use for the one that it was copied from. */
  private moved(x: Tensor): Tensor {
    if (x.device === this.device) return x;
    const there = x.to(this.device);
    x.dispose();
    return there;
  }

  private async inference(loader: DataLoader<unknown, Batch>, use: (batch: Batch) => void): Promise<void> {
    const wasTraining = this.model.training;
    const turns = new Turns();
    this.model.eval();
    try {
      for await (const [x, y] of loader) {
        checkBatch(x, y);
        const batch = [this.moved(x), this.moved(y)] as const;
        scope(() => use(batch));
        for (const tensor of batch) tensor.dispose();
        await turns.next();
      }
    } finally {
      this.model.train(wasTraining);
    }
  }
}

function computesInFloat16(layer: Layer): boolean {
  return layer.policy === 'mixed_float16' || layer.children().some(([, child]) => computesInFloat16(child));
}

/** Lets the event loop turn now and then. */
class Turns {
  private since = performance.now();

  async next(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.since = performance.now();
  }
}

function asLoader(source: BatchSource, { batchSize = 32, shuffle = true, seed = 0 }: FitOptions): DataLoader<unknown, Batch> {
  if (source instanceof DataLoader) return source;
  if (typeof source !== 'object' || source === null || !('get' in source)) {
    throw new HebbError(
      'argument',
      `Trainer: expected a DataLoader or a dataset of [input, target] records, received ${kindOf(source)}.`,
    );
  }
  return new DataLoader<unknown, Batch>(source as BatchDataset<unknown, Batch>, { batchSize, shuffle, seed });
}

function checkBatch(x: unknown, y: unknown): void {
  if (x instanceof Tensor && y instanceof Tensor) return;
  throw new HebbError('data', `Trainer: expected batches [inputs, targets] of tensors, received [${kindOf(x)}, ${kindOf(y)}].`);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? value.constructor.name : typeof value;
}
