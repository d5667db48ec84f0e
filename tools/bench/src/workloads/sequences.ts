import {
  Adam,
  AdamW,
  arange,
  crossEntropy,
  Dense,
  Embedding,
  Layer,
  LayerNorm,
  LSTM,
  MultiHeadAttention,
  Sequential,
  type Tensor,
} from 'hebb';
import { training, type Workload } from '../workload.js';
import { codes, labels } from './data.js';
import { Residual } from './residual.js';

const LETTERS = 65;
const TIME = 64;
const FEATURES = 128;

/** Adds a learned vector for each position. */
class Positions extends Layer {
  private readonly table = new Embedding(TIME, FEATURES);

  protected override forward(x: Tensor): Tensor {
    return x.add(this.table.call(arange(0, x.shape[1], 1, 'int32')));
  }
}

function charLM(): Sequential {
  return new Sequential([new Embedding(LETTERS, 256), new LSTM(256, { layers: 2, returnSequences: true }), new Dense(LETTERS)]);
}

function gpt(): Sequential {
  const blocks = Array.from({ length: 4 }, () => [
    new Residual(new MultiHeadAttention(4, { causal: true })),
    new Residual(new Sequential([new Dense(4 * FEATURES, { activation: 'gelu' }), new Dense(FEATURES)])),
  ]);
  return new Sequential([
    new Embedding(LETTERS, FEATURES),
    new Positions(),
    ...blocks.flat(),
    new LayerNorm(),
    new Dense(LETTERS),
  ]);
}

/** The mean over all letters of all texts. */
const loss = (scores: Tensor, targets: Tensor): Tensor => crossEntropy(scores.reshape([-1, LETTERS]), targets);

export const sequenceWorkloads: readonly Workload[] = [
  {
    name: 'train/charlm-lstm2x256-t64-b32-adam',
    prepare: ({ batch = 32 } = {}) =>
      training(charLM(), [codes([batch, TIME], LETTERS), labels(batch * TIME, LETTERS)], loss, new Adam()),
  },
  {
    name: 'train/gpt-4x128-t64-b16-adamw',
    prepare: ({ batch = 16 } = {}) =>
      training(gpt(), [codes([batch, TIME], LETTERS), labels(batch * TIME, LETTERS)], loss, new AdamW()),
  },
];
