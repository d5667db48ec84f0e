import { DownloadBar, drawnDigits, HebbError, type ImageDataset, loadMnist } from 'hebb';

export interface Digits {
  /** 'mnist', or 'drawn' for digits that the program drew itself. */
  name: 'mnist' | 'drawn';
  train: ImageDataset;
  test: ImageDataset;
}

const DRAWN_TRAIN = 20_000;
const DRAWN_TEST = 4_000;

/** MNIST from a folder, the cache or a download; without any of them, digits drawn here. A folder that was named must have it. */
export async function loadDigits(folder: string | undefined, say: (text: string) => void): Promise<Digits> {
  const bar = new DownloadBar('Downloading MNIST');
  try {
    const { train, test } = await loadMnist({ data: folder, onProgress: bar.update }).finally(() => bar.stop());
    return { name: 'mnist', train, test };
  } catch (error) {
    if (folder !== undefined || !(error instanceof HebbError)) throw error;
    say(`MNIST is not here: ${error.message}`);
    say(`Training on ${DRAWN_TRAIN.toLocaleString('en-US')} digits that the program draws itself instead.\n`);
    const train = drawnDigits({ count: DRAWN_TRAIN, seed: 1 });
    return { name: 'drawn', train, test: drawnDigits({ count: DRAWN_TEST, seed: 2 }) };
  }
}
