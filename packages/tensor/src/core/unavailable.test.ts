import { expect, it, vi } from 'vitest';

vi.stubEnv('HEBB_CUDA_LIBRARY', '/nowhere/libhebb_cuda.so');
const { devices, memory, setDefaultDevice, tensor, Variable, zeros } = await import('../index.js');

it('refuses a device that is not available wherever it is named, saying what was looked for', () => {
  expect(devices()[1]).toMatchObject({ name: 'cuda', available: false });
  const uses: [string, () => unknown][] = [
    ['full', () => zeros([2], { device: 'cuda' })],
    ['tensor', () => tensor([1], { device: 'cuda' })],
    ['to', () => tensor([1]).to('cuda')],
    ['to', () => new Variable(tensor([1])).to('cuda')],
    ['setDefaultDevice', () => setDefaultDevice('cuda')],
    ['memory', () => memory('cuda')],
  ];
  for (const [where, use] of uses) {
    expect(use, where).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(new RegExp(`^${where}: the device cuda is not available: /nowhere/libhebb_cuda.so`)),
      }),
    );
  }
  expect(zeros([2]).add(1).toArray()).toEqual([1, 1]);
});
