// Trains networks of a few units on a GPU, eager and compiled: a line for each, with how many of their numbers differ. With
// HEBB_CUDA_LOG=1 the engine tells of what launches a recorded step is made (docs/gpu.md).
import { fileURLToPath } from 'node:url';

const hebb = await import(fileURLToPath(new URL('../../packages/hebb/dist/index.js', import.meta.url)));
const { Adam, compile, crossEntropy, Dense, scope, SGD, Sequential, setDefaultDevice, setSeed, tensor, valueAndGrad } = hebb;

const STEPS = 60;
const POINTS = Array.from({ length: 10 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);

const squares = { outputs: 1, labels: () => tensor(POINTS.map(([x]) => [x * x])), loss: (p, y) => p.sub(y).square().mean() };
const classes = {
  outputs: 3,
  labels: () =>
    tensor(
      POINTS.map((_, i) => i % 3),
      { dtype: 'int32' },
    ),
  loss: crossEntropy,
};
const NETWORKS = {
  'tanh, squares, SGD': { ...squares, activation: 'tanh', optimizer: () => new SGD({ learningRate: 0.03 }) },
  'sigmoid, squares, momentum': {
    ...squares,
    activation: 'sigmoid',
    optimizer: () => new SGD({ learningRate: 0.03, momentum: 0.9 }),
  },
  'relu, classes, Adam': { ...classes, activation: 'relu', optimizer: () => new Adam({ learningRate: 0.01 }) },
};

/** Losses of all steps, then the parameters. */
function train({ outputs, labels, loss, activation, optimizer }, wrap) {
  setSeed(5);
  const model = new Sequential([new Dense(8, { activation }), new Dense(5, { activation }), new Dense(outputs)]);
  const updates = optimizer();
  const [x, y] = [tensor(POINTS), labels()];
  model.call(x);
  const step = wrap(() => {
    const { value, grads } = valueAndGrad(() => loss(model.call(x), y));
    updates.apply(grads);
    return value;
  });
  const losses = Array.from({ length: STEPS }, () => scope(() => step().itemSync()));
  return [...losses, ...model.variables.flatMap((variable) => [...variable.value.dataSync()])];
}

setDefaultDevice('cuda');
for (const [name, network] of Object.entries(NETWORKS)) {
  const eager = train(network, (step) => step);
  const compiled = train(network, (step) => {
    const run = compile(step);
    return () => run.runSync();
  });
  const differ = eager.filter((number, i) => number !== compiled[i]).length;
  console.log(`${name}: ${differ} of ${eager.length} numbers differ`);
}
