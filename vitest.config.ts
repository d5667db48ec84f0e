import { defineConfig } from 'vitest/config';
import { testLibrary } from './tools/gpu/test-library.js';

const root = import.meta.dirname;

export default defineConfig({
  resolve: {
    // Tests run on the sources of all packages, in one module graph.
    alias: [
      { find: /^@hebb\/native$/, replacement: `${root}/native/src/ts/index.ts` },
      { find: /^@hebb\/([a-z]+)$/, replacement: `${root}/packages/$1/src/index.ts` },
      { find: /^hebb$/, replacement: `${root}/packages/hebb/src/index.ts` },
    ],
  },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'native/src/ts/**/*.test.ts',
      'tools/**/*.test.ts',
      'docs/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    // The engine has threads of its own: one process a core is enough.
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs. The longest tests take 20 s, and three times that on a machine that is busy with others.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Two test processes with two threads each would wait for each other's time slices.
    env: { HEBB_NUM_THREADS: process.env.HEBB_NUM_THREADS ?? '1', HEBB_CUDA_LIBRARY: testLibrary() ?? '' },
    globalSetup: ['tools/gpu/test-library.ts'],
  },
});
