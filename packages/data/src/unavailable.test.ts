import { expectHebbError } from '@hebb/testing';
import { expect, it, vi } from 'vitest';

vi.stubEnv('HEBB_CUDA_LIBRARY', '/nowhere/libhebb_cuda.so');
const { arrayDataset, DataLoader } = await import('./index.js');

it('refuses a device that is not available, saying what was looked for', () => {
  const data = arrayDataset([Float32Array.of(1, 2)]);
  const missing = 'DataLoader: the device cuda is not available: /nowhere/libhebb_cuda.so';
  expectHebbError(() => new DataLoader(data, { device: 'cuda' }), 'unsupported', missing);
  expect([...new DataLoader(data, { device: 'cpu' })]).toHaveLength(1);
});
