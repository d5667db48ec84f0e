import { type ImageDataset, scope, type Trainer } from 'hebb';
import { draw, sideBySide } from './pictures.js';

/** The first images of a dataset drawn in characters, with what the model takes them for. */
export async function showPredictions(trainer: Trainer, digits: ImageDataset, count: number): Promise<string> {
  const [images, labels] = digits.getBatch(Int32Array.from({ length: count }, (_, i) => i));
  const scores = await trainer.predict(images);
  const { pixels, truth, guessed, certainty } = scope(() => ({
    pixels: images.dataSync(),
    truth: labels.dataSync(),
    guessed: scores.argMax().dataSync(),
    certainty: scores.softmax().max(-1).dataSync(),
  }));
  const size = images.shape[1];
  const blocks = Array.from(guessed, (_, i) => draw(pixels.subarray(i * size * size, (i + 1) * size * size), size));
  const captions = Array.from(guessed, (guess, i) => {
    const sure = `${guess} (${(Number(certainty[i]) * 100).toFixed(0)} %)`;
    return Number(truth[i]) === guess ? sure : `${sure}, is ${truth[i]}`;
  });
  for (const tensor of [images, labels, scores]) tensor.dispose();
  return sideBySide(blocks, captions);
}
