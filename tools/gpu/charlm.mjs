// Trains a character model (two LSTM layers of 256) on a text: charlm.mjs TEXT [--device D] [--steps N] [--batch N]. The last line is JSON: the
// mean loss of the first and of the last tenth of the steps in nats a letter, and the seconds.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Adam, compile, crossEntropy, Dense, Embedding, LSTM, Sequential, scope, setSeed, tensor, valueAndGrad } from 'hebb';

const TIME = 64;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'cpu' },
    steps: { type: 'string', default: '1000' },
    batch: { type: 'string', default: '32' },
  },
});
const [device, steps, batch] = [values.device, Number(values.steps), Number(values.batch)];
setSeed(0);
const text = readFileSync(positionals[0], 'utf8');
const alphabet = [...new Set(text)].sort();
const codes = Int32Array.from(text, (letter) => alphabet.indexOf(letter));

const letters = alphabet.length;
const model = new Sequential([
  new Embedding(letters, 256),
  new LSTM(256, { layers: 2, returnSequences: true }),
  new Dense(letters),
]);
model.to(device);
const optimizer = new Adam({ learningRate: 2e-3 });
const train = (x, y) => {
  const { value, grads } = valueAndGrad(() => crossEntropy(model.call(x).reshape([-1, letters]), y));
  optimizer.apply(grads);
  return value;
};
const step = compile(train);

const losses = [];
const began = performance.now();
for (let i = 0; i < steps; i++) {
  const [x, y] = batchAt(i);
  const loss = await step(x, y);
  losses.push(await loss.item());
  for (const used of [x, y, loss]) used.dispose();
  if ((i + 1) % Math.ceil(steps / 10) === 0) console.log(`step ${i + 1}: loss ${losses.at(-1).toFixed(3)}`);
}
const seconds = (performance.now() - began) / 1000;
const tenth = Math.ceil(steps / 10);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(JSON.stringify({ steps, first: mean(losses.slice(0, tenth)), last: mean(losses.slice(-tenth)), seconds }));

/** Pieces from places spread over the text, other ones at each step, and the letters that follow each of theirs. */
function batchAt(index) {
  const last = codes.length - TIME - 1;
  const starts = Array.from({ length: batch }, (_, row) => ((index * batch + row) * 7919 * TIME) % last);
  const pieces = (offset) =>
    Int32Array.from(starts.flatMap((start) => [...codes.subarray(start + offset, start + offset + TIME)]));
  return scope(() => [tensor(pieces(0), { shape: [batch, TIME], device }), tensor(pieces(1), { device })]);
}
