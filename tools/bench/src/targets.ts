import type { Options } from './options.js';

/** At least `ratio` (PyTorch's time / Hebb's), or at most `ms`. */
export type Target = { readonly ratio: number } | { readonly ms: number };

/** Ratios aimed at, by workload: eager, compiled, and compiled in bfloat16 against PyTorch's autocast. */
const RATIOS: Readonly<Record<string, { eager?: number; compiled?: number; bf16?: number }>> = {
  'train/playground-mlp-b10': { eager: 2, compiled: 30 },
  'train/mlp-mnist-b128-adam': { eager: 1, compiled: 1.5, bf16: 1.5 },
  'train/autoencoder-b256-adam': { eager: 1, compiled: 1.5, bf16: 1.5 },
  'train/lenet5-b64-sgdm': { eager: 1, compiled: 2, bf16: 2 },
  'train/alexnet-224-b16-sgdm': { eager: 0.9, compiled: 1.1, bf16: 1.5 },
  'train/vgg16-224-b4-sgdm': { eager: 0.9, compiled: 1.6, bf16: 1.5 },
  'train/resnet18-224-b8-sgdm': { eager: 0.9, compiled: 1.4, bf16: 2 },
  'train/resnet50-224-b4-sgdm': { eager: 0.9, compiled: 1.2, bf16: 2 },
  'train/charlm-lstm2x256-t64-b32-adam': { compiled: 1.3, bf16: 1.5 },
  'train/gpt-4x128-t64-b16-adamw': { compiled: 1.3, bf16: 1.5 },
  'infer/lenet5-b1': { compiled: 2 },
  'infer/mlp-mnist-b1': { compiled: 2 },
  'infer/resnet50-224-b1': { compiled: 1.2, bf16: 1.5 },
};

/** What a workload aims at when it runs in this way. */
export function targetOf(name: string, { compile, bf16 }: Pick<Options, 'compile' | 'bf16'>): Target | undefined {
  if (name === 'op/tiny-add') return { ms: 0.0015 };
  const ratio = RATIOS[name]?.[compile ? (bf16 ? 'bf16' : 'compiled') : 'eager'];
  return ratio === undefined ? undefined : { ratio };
}
