import { memory, zeros } from '@hebb/tensor';
import { memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { BatchNorm, Conv2D, Dense, Dropout, Flatten, Sequential, summary } from './index.js';

describe('summary', () => {
  it('counts weights and biases', () => {
    expect(summary(new Sequential([new Dense(1)]), [4]).parameters).toBe(5);
    expect(summary(new Sequential([new Dense(2), new Dense(1)]), [2]).parameters).toBe(9);
  });

  it('shows layers, output shapes and totals', () => {
    const model = new Sequential([
      new Conv2D(6, 5, { padding: 'same', name: 'conv' }),
      new BatchNorm(),
      new Dropout(0.5),
      new Flatten(),
      new Dense(1000),
    ]);
    const { table, rows, parameters, nonTrainable } = summary(model, [28, 28, 1]);
    expect(rows[0]).toEqual({ layer: 'conv (Conv2D)', outputShape: '[N, 28, 28, 6]', parameters: 156 });
    expect(parameters).toBe(156 + 12 + 4704 * 1000 + 1000);
    expect(nonTrainable).toBe(12);
    expect(table).toContain('4,705,168 learnable parameters, 12 others');
    for (const part of ['batchnorm (BatchNorm)', '[N, 4704]', 'dense (Dense)']) expect(table).toContain(part);
  });

  it('computes nothing, changes no statistics and keeps the mode', () => {
    const model = new Sequential([new Dense(4), new BatchNorm()]);
    summary(model, [3]);
    const before = memoryWithoutGarbage().tensors;
    summary(model, [3]);
    expect(memory().tensors).toBe(before);
    expect(model.training).toBe(true);
    expect(model.variables[4].value.toArray()).toEqual(zeros([4]).toArray());
  });

  it('describes a single layer, and refuses inputs that do not fit', () => {
    expect(summary(new Dense(3), [2]).rows).toEqual([{ layer: 'Dense (Dense)', outputShape: '[N, 3]', parameters: 9 }]);
    expect(() => summary(new Conv2D(1, 3), [5])).toThrow(/Conv2D/);
    expect(() => summary(new Dense(3), [-1])).toThrow(/summary/);
  });
});
