import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HebbError } from '@hebb/tensor';
import { type ImageDataset, imageDataset } from '../imageDataset.js';
import { type DownloadProgress, download } from './download.js';
import { MNIST_MIRROR, MNIST_TEST, MNIST_TRAIN, type MnistFile, type MnistPart } from './files.js';
import { errorCode, unpack } from './gzip.js';
import { parseIdx, parseIdxLabels } from './idx.js';

const CLASSES = 10;

/** Options of {@link loadMnist}. */
export interface MnistOptions {
  /** Folder to look in first: the four files, gzipped (`….gz`) or not, in itself or in its `mnist` folder. */
  readonly data?: string;
  /** Download what no folder has. Default true. */
  readonly download?: boolean;
  /** Address that the file names are appended to. Default: the public mirror {@link MNIST_MIRROR}. */
  readonly mirror?: string;
  /** Called as a download goes on. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops a download. */
  readonly signal?: AbortSignal;
}

/** The two parts of MNIST. */
export interface Mnist {
  /** 60,000 images. */
  readonly train: ImageDataset;
  /** 10,000 images. */
  readonly test: ImageDataset;
}

/**
 * MNIST: 70,000 handwritten digits of 28 × 28 (LeCun et al., "Gradient-based learning applied to document recognition",
 * Proc. IEEE 1998). Looks for each file in `options.data`, `$HEBB_DATA` (in both, in a folder `mnist` first) and the cache
 * (`$HEBB_CACHE/mnist`, default `~/.cache/hebb/mnist`); then downloads into the cache (11 MB in all), checked by SHA-256.
 *
 * @returns datasets whose batches are `[images, labels]`: float32 [N, 28, 28, 1] in 0 … 1 and int32 [N].
 * @throws HebbError `data` for a file that is corrupt (naming the file, the offset, what was expected and received), or
 *   missing and not to be had.
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Mnist> {
  const [train, test] = await Promise.all([loadPart(MNIST_TRAIN, options), loadPart(MNIST_TEST, options)]);
  return { train, test };
}

async function loadPart(part: MnistPart, options: MnistOptions): Promise<ImageDataset> {
  const [imageBytes, labelBytes] = await Promise.all([loadFile(part.images, options), loadFile(part.labels, options)]);
  return parseMnist(imageBytes, labelBytes, part.images.name, part.labels.name);
}

/** @internal One part of MNIST from the unpacked bytes of its two files. */
export function parseMnist(imageBytes: Uint8Array, labelBytes: Uint8Array, imageFile: string, labelFile: string): ImageDataset {
  const images = parseIdx(imageBytes, imageFile, 3);
  const labels = parseIdxLabels(labelBytes, labelFile, CLASSES);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.data.length !== count) {
    throw new HebbError(
      'data',
      `${labelFile}: at byte 4: expected ${count} labels, one for each image of ${imageFile}, received ${labels.data.length}.`,
    );
  }
  return imageDataset(images.data, [count, height, width], labels.data);
}

async function loadFile(file: MnistFile, options: MnistOptions): Promise<Uint8Array> {
  const folders = searchFolders(options);
  for (const folder of folders) {
    for (const name of [`${file.name}.gz`, file.name]) {
      const path = join(folder, name);
      const bytes = await readIfPresent(path, file.size);
      if (bytes !== undefined) return unpack(bytes, path, file.size + 1);
    }
  }
  if (options.download === false) {
    throw new HebbError(
      'data',
      `MNIST: expected ${file.name}.gz or ${file.name} in one of ${folders.join(', ')}; it is in none of them.`,
    );
  }
  return fetchFile(file, options);
}

/** The file's bytes, or undefined if there is none. */
async function readIfPresent(path: string, size: number): Promise<Uint8Array | undefined> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new HebbError('data', `${path}: expected a regular file.`);
    // A gzip file is never much larger than its contents; this bounds what a wrong file can make us read.
    if (info.size > size + 65_536)
      throw new HebbError('data', `${path}: at byte ${size}: expected the end of the file, received ${info.size} bytes in all.`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof HebbError) throw cause;
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') return undefined;
    throw new HebbError('data', `${path}: could not be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    });
  }
}

function searchFolders({ data }: MnistOptions): string[] {
  const shared = process.env.HEBB_DATA || undefined;
  const roots = [data, shared].filter((root) => root !== undefined);
  return [...roots.flatMap((root) => [join(root, 'mnist'), root]), cacheFolder()];
}

function cacheFolder(): string {
  return join(process.env.HEBB_CACHE || join(homedir(), '.cache', 'hebb'), 'mnist');
}

async function fetchFile(file: MnistFile, options: MnistOptions): Promise<Uint8Array> {
  const name = `${file.name}.gz`;
  let contents: Uint8Array | undefined;
  const verify = async (bytes: Uint8Array): Promise<void> => {
    contents = await unpack(bytes, name, file.size + 1);
    const digest = createHash('sha256').update(contents).digest('hex');
    if (digest !== file.sha256) {
      throw new HebbError(
        'data',
        `${name}: expected contents with SHA-256 ${file.sha256}, the download has ${digest}. Nothing was saved.`,
      );
    }
  };
  const target = join(cacheFolder(), name);
  const { onProgress, signal, mirror = MNIST_MIRROR } = options;
  const bytes = await download(`${mirror}${name}`, { target, file: name, limit: file.size, verify, onProgress, signal });
  return contents ?? bytes;
}
