import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { hasCuda } from '@hebb/testing';
import { expect, it } from 'vitest';

it.skipIf(!hasCuda())('makes one launch of a step of a small network, with the bits of eager code', () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'gathered.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, HEBB_CUDA_LOG: '1', HEBB_CUDA_POOL: '1' },
  });
  expect(status).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(3);
  for (const line of stdout.trim().split('\n')) expect(line).toContain(': 0 of ');
  const recorded = stderr.split('\n').filter((line) => line.startsWith('hebb: recorded: '));
  expect(recorded.length).toBeGreaterThanOrEqual(3);
  for (const line of recorded) expect(line).toContain(' gathered: 1 launches, ');
});
