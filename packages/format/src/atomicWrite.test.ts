import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { atomicWrite } from './atomicWrite.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-atomic-'));
  path = join(folder, 'file');
  await writeFile(path, 'old');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('reports a full disk, keeps the old file and leaves nothing behind', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  const failing = atomicWrite(path, async (handle) => {
    await handle.write('half of the n');
    throw full;
  });
  await expect(failing).rejects.toMatchObject({ code: 'file', message: expect.stringContaining('ENOSPC') });
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['file']);
});

it('shows the old file until the new one is whole', async () => {
  await atomicWrite(path, async (handle) => {
    await handle.write('new');
    expect(await readFile(path, 'utf8')).toBe('old');
  });
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['file']);
});
