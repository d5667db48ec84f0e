import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawnDigits } from '@hebb/data';

/** Writes digits that Hebb draws itself as the four files of MNIST, for examples that load MNIST. */
export function writeDrawnMnist(folder, { train, test }) {
  mkdirSync(folder, { recursive: true });
  write(folder, 'train', drawnDigits({ count: train, seed: 1 }));
  write(folder, 't10k', drawnDigits({ count: test, seed: 2 }));
}

function write(folder, part, { fields: [images, labels], length }) {
  writeFileSync(join(folder, `${part}-images-idx3-ubyte`), Buffer.concat([header(0x803, length, 28, 28), images.data]));
  writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), Buffer.concat([header(0x801, length), labels.data]));
}

/** IDX: a magic number and dimensions, 32 bits each, big-endian. */
function header(...numbers) {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => void bytes.writeUInt32BE(number, 4 * i));
  return bytes;
}
