import { type ArrayDataset, arrayDataset, type Field } from './arrayDataset.js';

/** Fields of an {@link ImageDataset}: images [N, H, W, 1] and labels [N]. */
export type ImageFields = readonly [
  Field<Uint8Array> & { readonly dtype: 'float32' },
  Field<Uint8Array> & { readonly dtype: 'int32' },
];

/**
 * Labelled grey images: batches are `[images, labels]` with images float32 [N, H, W, 1] in 0 … 1 and labels int32 [N].
 * The bytes themselves are `dataset.fields[0].data` and `dataset.fields[1].data`.
 */
export type ImageDataset = ArrayDataset<ImageFields>;

/** Labelled grey images of bytes, white = 255. @param shape [N, H, W]. */
export function imageDataset(images: Uint8Array, shape: readonly [number, number, number], labels: Uint8Array): ImageDataset {
  const fields: ImageFields = [
    { data: images, shape: [...shape, 1], dtype: 'float32', scale: 1 / 255 },
    { data: labels, shape: [labels.length], dtype: 'int32' },
  ];
  return arrayDataset(fields);
}
