import { HebbError, type Tensor, tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import {
  Accuracy,
  AUC,
  BinaryAccuracy,
  ConfusionMatrix,
  F1,
  Mean,
  MeanAbsoluteError,
  MeanSquaredError,
  type Metric,
  Precision,
  R2Score,
  Recall,
  TopKAccuracy,
} from './index.js';

const labels = (...values: number[]) => tensor(Int32Array.from(values));

/** Scores whose arg-max is the given class. */
function scoresOf(classes: readonly number[], count: number): Tensor {
  return tensor(classes.map((chosen) => Array.from({ length: count }, (_, i) => (i === chosen ? 2 : i * 0.1))));
}

function once<R>(metric: Metric<R>, predictions: Tensor, targets: Tensor): R {
  metric.update(predictions, targets);
  return metric.result();
}

describe('Mean', () => {
  it('weighs numbers and tensors', () => {
    const mean = new Mean('loss');
    mean.update(2, 3);
    mean.update(tensor([1, 2, 3]));
    expect([mean.name, mean.result()]).toEqual(['loss', 2]);
    mean.reset();
    expect(() => mean.result()).toThrow(/loss.*at least one update/);
    expect(() => mean.update(Number.NaN)).toThrow(/finite/);
    expect(() => mean.update(tensor([1, Number.NaN]))).toThrow(/finite/);
    expect(() => mean.update(1, -1)).toThrow(/weight/);
  });
});

describe('Accuracy', () => {
  it('takes labels of every integer dtype, and one-hot targets', () => {
    const scores = scoresOf([0, 1, 2, 2], 3);
    for (const y of [labels(0, 1, 2, 0), tensor(Uint8Array.of(0, 1, 2, 0)), tensor(BigInt64Array.of(0n, 1n, 2n, 0n))]) {
      expect(once(new Accuracy(), scores, y)).toBe(0.75);
    }
    expect(
      once(
        new Accuracy(),
        scores,
        tensor([
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
          [1, 0, 0],
        ]),
      ),
    ).toBe(0.75);
  });

  it('streams, over batches of different sizes', () => {
    const accuracy = new Accuracy();
    accuracy.update(scoresOf([0, 1], 2), labels(0, 0));
    accuracy.update(scoresOf([1], 2), labels(1));
    expect(accuracy.result()).toBeCloseTo(2 / 3, 15);
    accuracy.reset();
    expect(once(accuracy, scoresOf([1], 2), labels(1))).toBe(1);
  });

  it('gives the same for large inputs, where arg-max runs on the device', () => {
    const classes = Array.from({ length: 9000 }, (_, i) => (i * 7) % 10);
    const actual = classes.map((value, i) => (i % 4 === 0 ? (value + 1) % 10 : value));
    expect(once(new Accuracy(), scoresOf(classes, 10), labels(...actual))).toBe(0.75);
    const broken = new Float32Array(90_000);
    broken[12_345] = Number.NaN;
    expect(() => new Accuracy().update(tensor(broken, { shape: [9000, 10] }), labels(...actual))).toThrow(/NaN.*sample 1234/);
  });

  it('takes the first of equal scores', () => {
    expect(once(new Accuracy(), tensor([[1, 1]]), labels(0))).toBe(1);
    expect(once(new Accuracy(), tensor([[1, 1]]), labels(1))).toBe(0);
  });

  it('refuses bad input', () => {
    const scores = scoresOf([0, 1], 2);
    expect(() => new Accuracy().result()).toThrow(expect.objectContaining({ code: 'state' }));
    expect(() => new Accuracy().update(scores, labels(0, 2))).toThrow(/from 0 to 1, received 2 for sample 1/);
    expect(() => new Accuracy().update(scores, labels(0, -1))).toThrow(/received -1/);
    expect(() => new Accuracy().update(scores, labels(0))).toThrow(expect.objectContaining({ code: 'shape' }));
    expect(() => new Accuracy().update(scores, tensor([0, 1]))).toThrow(expect.objectContaining({ code: 'shape' }));
    expect(() => new Accuracy().update(tensor([1, 2]), labels(0, 1))).toThrow(/scores \[N, C\]/);
    expect(() => new Accuracy().update(tensor([[Number.NaN, 1]]), labels(0))).toThrow(/NaN/);
  });
});

describe('TopKAccuracy', () => {
  const scores = () =>
    tensor([
      [0.1, 0.5, 0.4],
      [0.3, 0.2, 0.5],
      [0.2, 0.4, 0.4],
    ]);

  it('counts labels among the k greatest', () => {
    expect(once(new TopKAccuracy({ k: 1 }), scores(), labels(1, 0, 2))).toBeCloseTo(1 / 3, 12);
    expect(once(new TopKAccuracy({ k: 2 }), scores(), labels(2, 1, 2))).toBeCloseTo(2 / 3, 12);
    expect(once(new TopKAccuracy({ k: 3 }), scores(), labels(0, 1, 0))).toBe(1);
    expect(new TopKAccuracy().name).toBe('top5Accuracy');
  });

  it('is not fooled by equal scores', () => {
    expect(
      once(
        new TopKAccuracy({ k: 1 }),
        tensor([
          [1, 1],
          [1, 1],
        ]),
        labels(0, 1),
      ),
    ).toBe(0.5);
  });

  it('refuses bad input', () => {
    expect(() => new TopKAccuracy({ k: 0 })).toThrow(/k/);
    expect(() => new TopKAccuracy({ k: 4 }).update(scores(), labels(0, 0, 0))).toThrow(/at least 4/);
    expect(() => new TopKAccuracy({ k: 1 }).update(scores(), labels(0, 0, 3))).toThrow(/received 3/);
    expect(() => new TopKAccuracy({ k: 1 }).update(scores(), labels(0, 0))).toThrow(/labels \[3\]/);
    expect(() => new TopKAccuracy({ k: 1 }).update(tensor([[0, Number.NaN]]), labels(0))).toThrow(/NaN/);
  });
});

describe('BinaryAccuracy', () => {
  it('has a threshold', () => {
    const scores = tensor([0.9, 0.4, 0.6, 0.5]);
    expect(once(new BinaryAccuracy(), scores, labels(1, 0, 0, 0))).toBe(0.75);
    expect(once(new BinaryAccuracy(), scores.reshape([4, 1]), tensor([1, 0, 0, 0]).reshape([4, 1]))).toBe(0.75);
    expect(once(new BinaryAccuracy({ threshold: 0 }), tensor([-1, 3]), tensor([false, true]))).toBe(1);
    expect(() => new BinaryAccuracy({ threshold: Number.NaN })).toThrow(/threshold/);
    expect(() => new BinaryAccuracy().update(scores, labels(1, 0, 2, 0))).toThrow(/from 0 to 1, received 2/);
    expect(() => new BinaryAccuracy().update(scores, labels(1))).toThrow(/\[N\]/);
  });
});

describe('Precision, Recall, F1', () => {
  // The example of scikit-learn's user guide: labels 0 1 2 0 1 2, predictions 0 2 1 0 0 1.
  const actual = () => labels(0, 1, 2, 0, 1, 2);
  const predicted = () => scoresOf([0, 2, 1, 0, 0, 1], 3);

  it('average over classes as scikit-learn does', () => {
    expect(once(new Precision({ average: 'macro' }), predicted(), actual())).toBeCloseTo(2 / 9, 12);
    expect(once(new Recall({ average: 'macro' }), predicted(), actual())).toBeCloseTo(1 / 3, 12);
    expect(once(new F1({ average: 'macro' }), predicted(), actual())).toBeCloseTo(4 / 15, 12);
    for (const metric of [new Precision({ average: 'micro' }), new Recall({ average: 'micro' }), new F1({ average: 'micro' })]) {
      expect(once(metric, predicted(), actual())).toBeCloseTo(1 / 3, 12);
    }
    const precision = new Precision({ average: 'macro' });
    precision.update(predicted(), actual());
    expect(precision.perClass()).toEqual([2 / 3, 0, 0]);
  });

  it('leave out classes that do not occur', () => {
    expect(once(new Recall({ average: 'macro' }), scoresOf([0, 1], 4), labels(0, 1))).toBe(1);
  });

  it('decide by a threshold', () => {
    const scores = tensor([0.9, 0.8, 0.2, 0.7, 0.1]);
    const truth = labels(1, 0, 1, 1, 0);
    expect(once(new Precision(), scores, truth)).toBeCloseTo(2 / 3, 12);
    expect(once(new Recall(), scores, truth)).toBeCloseTo(2 / 3, 12);
    expect(once(new Recall({ threshold: 0.85 }), scores, truth)).toBeCloseTo(1 / 3, 12);
    expect(once(new F1({ threshold: 0.85 }), scores, truth)).toBeCloseTo(0.5, 12);
    expect(once(new Precision({ threshold: 2 }), scores, truth)).toBe(0);
  });

  it('refuse bad input', () => {
    const average: string = 'weighted';
    expect(() => new Precision({ average: average as 'macro' })).toThrow(/average/);
    expect(() => new Recall({ threshold: Number.POSITIVE_INFINITY })).toThrow(/threshold/);
    expect(() => new F1().result()).toThrow(expect.objectContaining({ code: 'state' }));
    const f1 = new F1({ average: 'macro' });
    f1.update(predicted(), actual());
    expect(() => f1.update(scoresOf([0], 4), labels(0))).toThrow(/expected 3 classes/);
  });
});

describe('ConfusionMatrix', () => {
  it('counts [actual][predicted] from scores or labels', () => {
    const matrix = new ConfusionMatrix(3);
    matrix.update(scoresOf([0, 2, 1, 0, 0, 1], 3), labels(0, 1, 2, 0, 1, 2));
    const expected = [
      [2, 0, 0],
      [1, 0, 1],
      [0, 2, 0],
    ];
    expect(matrix.result()).toEqual(expected);
    matrix.reset();
    expect(once(matrix, labels(0, 2, 1, 0, 0, 1), labels(0, 1, 2, 0, 1, 2))).toEqual(expected);
  });

  it('refuses bad input', () => {
    for (const classes of [0, 1.5, Number.NaN]) expect(() => new ConfusionMatrix(classes)).toThrow(/classes/);
    expect(() => new ConfusionMatrix(2).result()).toThrow(expect.objectContaining({ code: 'state' }));
    expect(() => new ConfusionMatrix(2).update(scoresOf([0], 3), labels(0))).toThrow(/2 classes/);
    expect(() => new ConfusionMatrix(2).update(labels(2), labels(0))).toThrow(/predicted labels/);
  });
});

describe('regression', () => {
  const y = () => tensor([2.5, 0, 2, 8]);
  const t = () => tensor([3, -0.5, 2, 7]);

  it('is as scikit-learn has it', () => {
    expect(once(new MeanSquaredError(), y(), t())).toBeCloseTo(0.375, 12);
    expect(once(new MeanAbsoluteError(), y(), t())).toBeCloseTo(0.5, 12);
    expect(once(new R2Score(), y(), t())).toBeCloseTo(0.9486081370449679, 12);
    const outputs = tensor([
      [0, 2],
      [-1, 2],
      [8, -5],
    ]);
    expect(
      once(
        new R2Score(),
        outputs,
        tensor([
          [0.5, 1],
          [-1, 1],
          [7, -6],
        ]),
      ),
    ).toBeCloseTo(0.9368005266622779, 7);
  });

  it('streams', () => {
    const [mse, r2] = [new MeanSquaredError(), new R2Score()];
    for (const [from, count] of [
      [0, 3],
      [3, 1],
    ]) {
      for (const metric of [mse, r2]) metric.update(y().slice([from], [count]), t().slice([from], [count]));
    }
    expect(mse.result()).toBeCloseTo(0.375, 12);
    expect(r2.result()).toBeCloseTo(0.9486081370449679, 12);
  });

  it('handles constant targets, and targets far from 0', () => {
    expect(once(new R2Score(), tensor([1, 1]), tensor([1, 1]))).toBe(1);
    expect(once(new R2Score(), tensor([1, 2]), tensor([1, 1]))).toBe(0);
    const far = tensor(Float64Array.of(1e9, 1e9 + 1, 1e9 + 2));
    expect(once(new R2Score(), far.add(0.5), far)).toBeCloseTo(1 - 0.75 / 2, 9);
  });

  it('refuses bad input', () => {
    for (const metric of [new MeanSquaredError(), new MeanAbsoluteError(), new R2Score()]) {
      expect(() => metric.result()).toThrow(expect.objectContaining({ code: 'state' }));
      expect(() => metric.update(y(), tensor([1]))).toThrow(expect.objectContaining({ code: 'shape' }));
      expect(() => metric.update(y(), t().cast('float64'))).toThrow(expect.objectContaining({ code: 'dtype' }));
      expect(() => metric.update(tensor([Number.NaN]), tensor([1]))).toThrow(expect.objectContaining({ code: 'data' }));
    }
    expect(() => once(new R2Score(), tensor([1]), tensor([1]))).toThrow(/two samples/);
  });
});

describe('AUC', () => {
  it('is as scikit-learn has it', () => {
    expect(once(new AUC(), tensor([0.1, 0.4, 0.35, 0.8]), labels(0, 0, 1, 1))).toBe(0.75);
    expect(once(new AUC(), tensor([0.5, 0.5, 0.5]), labels(0, 1, 1))).toBe(0.5);
    expect(once(new AUC(), tensor([1, 2, 3]), labels(1, 0, 0))).toBe(0);
  });

  it('agrees with counting pairs, in any batches, ties among them', () => {
    const scores = Array.from({ length: 700 }, (_, i) => ((i * 37) % 101) / 10);
    const truth = Array.from({ length: 700 }, (_, i) => Number((i * 53) % 7 < 3));
    const auc = new AUC();
    for (let i = 0; i < 700; i += 100) auc.update(tensor(scores.slice(i, i + 100)), labels(...truth.slice(i, i + 100)));
    let wins = 0;
    let pairs = 0;
    for (let p = 0; p < 700; p += 1) {
      for (let n = 0; n < 700; n += 1) {
        if (truth[p] !== 1 || truth[n] !== 0) continue;
        pairs += 1;
        wins += scores[p] > scores[n] ? 1 : scores[p] === scores[n] ? 0.5 : 0;
      }
    }
    expect(auc.result()).toBeCloseTo(wins / pairs, 12);
  });

  it('refuses bad input', () => {
    expect(() => new AUC().result()).toThrow(expect.objectContaining({ code: 'state' }));
    expect(() => once(new AUC(), tensor([1, 2]), labels(1, 1))).toThrow(/both classes/);
    expect(() => new AUC().update(tensor([Number.NaN]), labels(1))).toThrow(HebbError);
    expect(() => new AUC().update(tensor([1]), labels(2))).toThrow(/from 0 to 1/);
  });
});
