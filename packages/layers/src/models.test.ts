import { valueAndGrad } from '@hebb/autograd';
import { compile } from '@hebb/compiler';
import { crossEntropy } from '@hebb/losses';
import { Adam } from '@hebb/optimizers';
import { arange, memory, scope, setSeed, type Tensor, tensor } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { build, Dense, Embedding, Layer, LayerNorm, LSTM, MultiHeadAttention, Sequential } from './index.js';

const text = 'hebbian networks wire together. '.repeat(3);
const letters = [...new Set(text)].sort();
const codes = Array.from(text, (letter) => letters.indexOf(letter));
const LENGTH = 16;
const starts = [0, 5, 11, 22];

/** Windows of the text that begin at each of these places, moved on by `shift`. */
function windows(starts: readonly number[], shift: number): Tensor<'int32'> {
  const rows = starts.map((start) => codes.slice(start + shift, start + shift + LENGTH));
  return tensor(rows, { dtype: 'int32' });
}

function charLM(): Layer {
  const lstm = new LSTM(24, { returnSequences: true });
  return new Sequential([new Embedding(letters.length, 12), lstm, new Dense(letters.length)]);
}

/** x + f(norm(x)), as in GPT-2. */
class Residual extends Layer {
  private readonly norm = new LayerNorm();
  private readonly inner: Layer;

  constructor(inner: Layer) {
    super();
    this.inner = inner;
  }

  protected override forward(x: Tensor): Tensor {
    return x.add(this.inner.call(this.norm.call(x)));
  }
}

class Positions extends Layer {
  private readonly table = new Embedding(LENGTH, 16);

  protected override forward(x: Tensor): Tensor {
    return x.add(this.table.call(arange(0, x.shape[1], 1, 'int32')));
  }
}

function gpt(dropout = 0): Layer {
  return new Sequential([
    new Embedding(letters.length, 16),
    new Positions(),
    new Residual(new MultiHeadAttention(2, { causal: true, dropout })),
    new Residual(new Sequential([new Dense(32, { activation: 'gelu' }), new Dense(16)])),
    new LayerNorm(),
    new Dense(letters.length),
  ]);
}

/** A model and one step of Adam on it. */
function training(make: () => Layer): { model: Layer; step: (x: Tensor, y: Tensor) => Tensor } {
  setSeed(5);
  const model = make();
  // Before the step is traced, so that initializers and dropout draw in one order.
  build(model, [starts.length, LENGTH], 'int32');
  const optimizer = new Adam({ learningRate: 0.02 });
  const step = (x: Tensor, y: Tensor) => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.call(x), y));
    optimizer.apply(grads);
    return value;
  };
  return { model, step };
}

function losses(make: () => Layer, compiled: boolean): { values: number[]; weights: unknown[] } {
  const { model, step } = training(make);
  const run = compiled ? compile(step).runSync : step;
  const [x, y] = [windows(starts, 0), windows(starts, 1)];
  const values = Array.from({ length: 30 }, () => Number(scope(() => run(x, y).itemSync())));
  return { values, weights: model.variables.map(({ value }) => value.dataSync()) };
}

for (const [name, make] of Object.entries({ charLM, gpt, 'gpt with dropout': () => gpt(0.1) })) {
  describe(name, () => {
    it('learns a small text, with the same bits eagerly and compiled', () => {
      const eager = losses(make, false);
      expect(eager.values[0]).toBeGreaterThan(0.8 * Math.log(letters.length));
      expect(eager.values[29]).toBeLessThan(eager.values[0] / 2);
      expect(losses(make, true)).toEqual(eager);
    });

    it('leaves nothing behind', () => {
      const { step } = training(make);
      const [x, y] = [windows(starts, 0), windows(starts, 1)];
      const once = () => scope(() => void step(x, y));
      once();
      const before = memoryWithoutGarbage().tensors;
      for (let i = 0; i < 3; i++) once();
      expect(memory().tensors).toBe(before);
    });
  });
}
