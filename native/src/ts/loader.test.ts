import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const require = createRequire(import.meta.url);
const lib =
  process.env.HEBB_NATIVE_PATH ??
  join(dirname(require.resolve(`@hebb/native-${process.platform}-${process.arch}/package.json`)), 'lib');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hebb-loader-'));
  vi.resetModules();
  vi.stubEnv('HEBB_CUDA_LIBRARY', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** The message of the error that loading ends with. */
async function failure(environment: Record<string, string>): Promise<string> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { EngineLoadError, loadEngine } = await import('./loader.js');
  try {
    loadEngine();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineLoadError);
    return (error as Error).message;
  }
  throw new Error('The engine loaded.');
}

it('says which file is missing', async () => {
  const message = await failure({ HEBB_NATIVE_PATH: folder });
  expect(message).toContain(join(folder, 'hebb.node'));
  expect(message).toContain('npm run setup');
});

it('says why a file does not load', async () => {
  writeFileSync(join(folder, 'hebb.node'), 'this is no library');
  expect(await failure({ HEBB_NATIVE_PATH: folder })).toContain('does not load');
});

it('lists the CPU libraries that it tried', async () => {
  for (const file of ['hebb.node', 'hebb_gc.node']) copyFileSync(join(lib, file), join(folder, file));
  writeFileSync(join(folder, 'libhebb_cpu.so'), 'this is no library');
  const message = await failure({ HEBB_NATIVE_PATH: folder });
  expect(message).toContain('CPU engine');
  expect(message).toContain(join(folder, 'libhebb_cpu.so'));
});

it('names the CPU levels', async () => {
  const message = await failure({ HEBB_CPU_LEVEL: 'v9' });
  for (const part of ['v9', 'v4', 'v3', 'baseline']) expect(message).toContain(part);
});

it('loads once a thread', async () => {
  const { loadEngine } = await import('./loader.js');
  expect(loadEngine()).toBe(loadEngine());
  expect(loadEngine().devices[0].name).toBe('cpu');
});

/** What devices says of the GPU with this file for its engine, or none. */
async function cudaReport(library: string | undefined) {
  for (const file of readdirSync(lib)) copyFileSync(join(lib, file), join(folder, file));
  if (library !== undefined) copyFileSync(library, join(folder, 'libhebb_cuda.so'));
  vi.stubEnv('HEBB_NATIVE_PATH', folder);
  const { loadEngine } = await import('./loader.js');
  const report = loadEngine().devices.find(({ name }) => name === 'cuda');
  if (!report) throw new Error('devices does not mention the GPU.');
  return report;
}

it('says why a GPU engine does not load, and goes on with the CPU', async () => {
  const text = join(folder, 'text');
  writeFileSync(text, 'this is no library');
  const report = await cudaReport(text);
  expect(report.available).toBe(false);
  expect(report.detail).toContain(join(folder, 'libhebb_cuda.so'));
  const { loadEngine } = await import('./loader.js');
  expect(loadEngine().devices[0]).toMatchObject({ name: 'cpu', available: true });
});

it('gives the reason of an engine that finds its machine wanting', async () => {
  const source = join(folder, 'wanting.c');
  writeFileSync(
    source,
    `const void *hebb_open_backend(unsigned version) { return 0; }
     const char *hebb_backend_problem(void) { return "libraries are missing: libcuda.so.1"; }`,
  );
  execFileSync('cc', ['-shared', '-fPIC', '-Wno-unused-parameter', '-o', join(folder, 'wanting.so'), source]);
  const report = await cudaReport(join(folder, 'wanting.so'));
  expect(report).toMatchObject({ name: 'cuda', available: false });
  expect(report.detail).toContain('libraries are missing: libcuda.so.1');
});

it('opens another library in the place of the GPU engine where HEBB_CUDA_LIBRARY names one', async () => {
  vi.stubEnv('HEBB_CUDA_LIBRARY', join(lib, 'libhebb_cpu.so'));
  const { loadEngine } = await import('./loader.js');
  const { addon, open, devices } = loadEngine();
  expect(devices[1]).toMatchObject({ name: 'cuda', available: true });
  expect(open('cpu')).toBe(0);
  expect(addon.ops(open('cuda') as number)).toEqual(addon.ops(0));
});

it('has no number for a device that is not available', async () => {
  vi.stubEnv('HEBB_CUDA_LIBRARY', join(folder, 'libnone.so'));
  const { loadEngine } = await import('./loader.js');
  expect(loadEngine().open('cuda')).toBeUndefined();
  expect(loadEngine().devices[1].detail).toContain('libnone.so');
});
