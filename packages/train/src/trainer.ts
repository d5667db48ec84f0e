import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import type { DataLoader } from '@hebb/data';
import { build, type Layer } from '@hebb/layers';
import type { Metric } from '@hebb/metrics';
import { type Gradients, GradScaler, type Optimizer } from '@hebb/optimizers';
import { checkInteger, type Device, HebbError, keep, scope, type Tensor } from '@hebb/tensor';
import type { Taken } from './ahead.js';
import { asLoader, type Batch, type BatchSource, batchesOn } from './batches.js';
import type { Callback, TrainingState } from './callback.js';
import { chooseDevice } from './device.js';
import { compiledFor, forwardOf } from './forward.js';
import { type Logs, validationName } from './logs.js';
import { ProgressBar } from './progress.js';
import { Running } from './running.js';
import { Turns } from './turns.js';

/** Loss and predictions of a batch. */
type Outputs = readonly [Tensor, Tensor];

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
   * the model is, else `getDefaultDevice()`. On a GPU the next batch is taken from its loader and copied while a step computes, unless the
   * loader's `prefetch` is 0.
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
  private readonly step: (x: Tensor, y: Tensor) => Promise<Outputs>;

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
    const loader = asLoader(source, { ...options, shuffle: false });
    const wasTraining = this.model.training;
    const turns = new Turns();
    this.model.eval();
    try {
      for await (const taken of batchesOn(this.device, loader)) {
        await this.evaluateBatch(taken, running);
        await turns.next();
      }
    } finally {
      this.model.train(wasTraining);
    }
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
    const inputsFrom = (from: number): Tensor => rows(inputs, from, batchSize).to(this.device);
    let sent: Tensor | undefined;
    this.model.eval();
    try {
      const turns = new Turns();
      for (let from = 0; from < inputs.shape[0]; from += batchSize) {
        if (from > 0) await turns.next();
        const x = sent;
        const compute = (): Tensor => {
          const predictions = this.forward(x ?? inputsFrom(from));
          const next = from + batchSize;
          // Reading the predictions waits for the GPU: the next inputs are to be on their way by then.
          sent = this.device !== inputs.device && next < inputs.shape[0] ? keep(inputsFrom(next)) : undefined;
          return predictions.to(inputs.device);
        };
        parts.push(keep(scope(compute)));
        x?.dispose();
      }
      return parts.length === 1 ? (parts.pop() as Tensor) : parts[0].concat(parts.slice(1), 0);
    } finally {
      for (const part of parts) part.dispose();
      sent?.dispose();
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
    for await (const taken of batchesOn(this.device, loader)) {
      state.batchLoss = await this.trainBatch(taken, running);
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
  private async trainBatch({ batch: [x, y], ahead }: Taken<Batch>, running: Running): Promise<number> {
    const used = [x, y];
    try {
      // First, so that initializers and the step draw the same random numbers compiled and eagerly.
      if (!this.model.built) build(this.model, x.shape, x.dtype, this.device);
      const begun = this.step(x, y);
      // Reading the loss waits for the GPU: the next batch is to be on its way by then.
      const outputs = ahead ? (await Promise.all([begun, ahead()]))[0] : await begun;
      used.push(...outputs);
      return scope(() => takeIn(outputs, y, running));
    } finally {
      for (const tensor of used) tensor.dispose();
    }
  }

  private async evaluateBatch({ batch: [x, y], ahead }: Taken<Batch>, running: Running): Promise<void> {
    const used = [x, y];
    const compute = (): Outputs => {
      const predictions = this.forward(x);
      return [this.options.loss(predictions, y), predictions];
    };
    try {
      if (ahead) {
        const outputs = scope(compute);
        used.push(...outputs);
        await ahead();
        scope(() => takeIn(outputs, y, running));
      } else {
        scope(() => takeIn(compute(), y, running));
      }
    } finally {
      for (const tensor of used) tensor.dispose();
    }
  }

  /** Loss and predictions of a batch, after which the parameters have moved. */
  private readonly computeStep = (x: Tensor, y: Tensor): Outputs => {
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
}

function computesInFloat16(layer: Layer): boolean {
  return layer.policy === 'mixed_float16' || layer.children().some(([, child]) => computesInFloat16(child));
}

/** Takes in loss and metrics of a batch; returns the loss. */
function takeIn([value, predictions]: Outputs, targets: Tensor, running: Running): number {
  const loss = Number(value.itemSync());
  running.update(loss, predictions, targets);
  return loss;
}

/** Up to `count` rows of a tensor, from one on. */
function rows(x: Tensor, from: number, count: number): Tensor {
  const start = x.shape.map((_, axis) => (axis === 0 ? from : 0));
  return x.slice(start, [Math.min(count, x.shape[0] - from), ...x.shape.slice(1)]);
}
