import { drawnDigits } from '@hebb/data';
import { AvgPool2D, Conv2D, Dense, Flatten, type Policy, Sequential, setPolicy } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { Accuracy } from '@hebb/metrics';
import { SGD } from '@hebb/optimizers';
import { setSeed } from '@hebb/tensor';
import { afterEach, expect, it } from 'vitest';
import { Trainer } from './index.js';

afterEach(() => setPolicy(undefined));

/** LeNet-5 (LeCun et al. 1998) for drawn digits; gives its figures of the last epoch. */
async function train(policy: Policy | undefined) {
  setPolicy(policy);
  setSeed(1);
  const model = new Sequential([
    new Conv2D(6, 5, { padding: 'same', activation: 'tanh' }),
    new AvgPool2D(2),
    new Conv2D(16, 5, { activation: 'tanh' }),
    new AvgPool2D(2),
    new Flatten(),
    new Dense(120, { activation: 'tanh' }),
    new Dense(84, { activation: 'tanh' }),
    new Dense(10),
  ]);
  const optimizer = new SGD({ learningRate: 0.05, momentum: 0.9 });
  const trainer = new Trainer({ model, loss: crossEntropy, optimizer, metrics: [new Accuracy()] });
  const { epochs } = await trainer.fit(drawnDigits({ count: 1500, seed: 1 }), {
    epochs: 4,
    validation: drawnDigits({ count: 500, seed: 2 }),
    progress: false,
  });
  return { valAccuracy: epochs[3].valAccuracy, trainer };
}

it('LeNet learns digits in 16 bits as well as in float32', async () => {
  const single = await train(undefined);
  expect(single.valAccuracy).toBeGreaterThan(0.8);
  expect(single.trainer.scaler).toBeUndefined();
  for (const policy of ['mixed_bfloat16', 'mixed_float16'] as const) {
    const mixed = await train(policy);
    expect(Math.abs(mixed.valAccuracy - single.valAccuracy)).toBeLessThan(0.03);
    expect(mixed.trainer.scaler !== undefined).toBe(policy === 'mixed_float16');
  }
});
