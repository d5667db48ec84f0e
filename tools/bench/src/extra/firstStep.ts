// What `start` times: a program that loads Hebb, makes a small network and trains it for one step.
import { Dense, meanSquaredError, Sequential, SGD, tensor, valueAndGrad } from 'hebb';

const model = new Sequential([new Dense(8, { activation: 'tanh' }), new Dense(1)]);
const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);
const { value, grads } = valueAndGrad(() => meanSquaredError(model.call(x), y));
new SGD({ learningRate: 0.1 }).apply(grads);
process.stdout.write(`${value.itemSync()}\n`);
