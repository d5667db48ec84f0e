import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Addon, DeviceReport, Engine, GcAddon } from './engine.js';

const require = createRequire(import.meta.url);

/** Words of the command buffer: the longest command list that eager execution sends. */
const COMMAND_WORDS = 1 << 16;
/** The first device that is opened. */
const CPU = 0;

/** The engine could not be loaded: the message says what was looked for, where, and what to do. */
export class EngineLoadError extends Error {
  override readonly name = 'EngineLoadError';
}

/** x86-64 levels of `libhebb_cpu`, best first, with the CPU flags that each needs. */
const CPU_LEVELS = [
  { name: 'v4', flags: ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl', 'avx2', 'fma'] },
  { name: 'v3', flags: ['avx2', 'fma', 'bmi1', 'bmi2', 'f16c'] },
  { name: 'baseline', flags: [] },
];

let engine: Engine | undefined;

/** A device that was looked for, and its number where it was found. */
interface Opened {
  readonly report: DeviceReport;
  readonly number?: number;
}

/**
 * Loads the engine of this platform, once per thread.
 *
 * The binaries are looked for in `HEBB_NATIVE_PATH`, then in the package `@hebb/native-<platform>-<arch>`.
 * `HEBB_CPU_LEVEL` (`v4`, `v3`, `baseline`) overrides the choice of CPU code. The engine for NVIDIA GPUs is opened when `devices` is
 * first read or the device is asked for; `HEBB_CUDA_PATH` names folders to look for NVIDIA's libraries in. `HEBB_CUDA_LIBRARY` names another
 * library to open in its place: tests use one whose kernels run on the CPU.
 *
 * @throws EngineLoadError when there is no binary for this platform, or it does not load.
 */
export function loadEngine(): Engine {
  engine ??= load();
  return engine;
}

function load(): Engine {
  const directory = engineDirectory();
  const addon = requireAddon<Addon>(join(directory, 'hebb.node'));
  const gc = requireAddon<GcAddon>(join(directory, 'hebb_gc.node'));
  const words = new Float64Array(COMMAND_WORDS);
  addon.bindWords(words);
  const cpu = openCpu(addon, directory);
  let opened: Opened | undefined;
  // The GPU's libraries are large: they are opened when somebody asks.
  const cuda = (): Opened => {
    opened ??= openCuda(addon, directory);
    return opened;
  };
  return {
    addon,
    gc,
    gcHooks: addon.gcHooks(),
    words,
    get devices() {
      return [cpu, cuda().report];
    },
    open: (name) => (name === 'cpu' ? CPU : cuda().number),
  };
}

function engineDirectory(): string {
  const override = process.env.HEBB_NATIVE_PATH;
  if (override) return override;
  const name = `@hebb/native-${process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), 'lib');
  } catch {
    throw new EngineLoadError(
      `Hebb has no engine for ${process.platform}-${process.arch} here: the package ${name} is not installed. ` +
        `Install it (npm install ${name}), without --omit=optional, or build it from source with "npm run setup" in a clone of Hebb.`,
    );
  }
}

function requireAddon<T>(path: string): T {
  if (!existsSync(path)) {
    throw new EngineLoadError(
      `Hebb's engine is missing: ${path} does not exist. Reinstall it, or build it with "npm run setup".`,
    );
  }
  try {
    return require(path) as T;
  } catch (error) {
    throw new EngineLoadError(`Hebb's engine does not load: ${(error as Error).message}`, { cause: error });
  }
}

function openCpu(addon: Addon, directory: string): DeviceReport {
  const tried: string[] = [];
  for (const level of cpuLevels()) {
    const path = join(directory, level === 'baseline' ? 'libhebb_cpu.so' : `libhebb_cpu.${level}.so`);
    if (!existsSync(path)) {
      tried.push(`${path}: no such file`);
      continue;
    }
    try {
      return { name: 'cpu', available: true, detail: addon.describe(addon.open(path)) };
    } catch (error) {
      tried.push(`${path}: ${(error as Error).message}`);
    }
  }
  throw new EngineLoadError(`Hebb's CPU engine does not load:\n  ${tried.join('\n  ')}`);
}

/** The GPU's engine is installed by choice; where it is missing or does not open, `detail` says why. */
function openCuda(addon: Addon, directory: string): Opened {
  const path = process.env.HEBB_CUDA_LIBRARY || cudaLibrary(directory);
  const missing = (detail: string): Opened => ({ report: { name: 'cuda', available: false, detail } });
  if (path === undefined) {
    return missing(
      `no libhebb_cuda.so in ${directory} or a package ${cudaPackage()}; to use an NVIDIA GPU install that package, or build it ` +
        'with "npm run build:cuda" in a clone of Hebb',
    );
  }
  try {
    const number = addon.open(path);
    return { report: { name: 'cuda', available: true, detail: addon.describe(number) }, number };
  } catch (error) {
    return missing(`${path}: ${(error as Error).message}`);
  }
}

function cudaPackage(): string {
  return `@hebb/native-${process.platform}-${process.arch}-cuda`;
}

/** Beside the other libraries, or in the package of its own. */
function cudaLibrary(directory: string): string | undefined {
  const folders = [directory];
  try {
    folders.push(join(dirname(require.resolve(`${cudaPackage()}/package.json`)), 'lib'));
  } catch {
    // Not installed.
  }
  return folders.map((folder) => join(folder, 'libhebb_cuda.so')).find((path) => existsSync(path));
}

/** Levels to try, best first; the baseline always ends the list. */
function cpuLevels(): string[] {
  const wanted = process.env.HEBB_CPU_LEVEL;
  const names = CPU_LEVELS.map((level) => level.name);
  if (wanted) {
    if (names.includes(wanted)) return [wanted];
    throw new EngineLoadError(`HEBB_CPU_LEVEL must be one of ${names.join(', ')}, received "${wanted}".`);
  }
  const flags = cpuFlags();
  return CPU_LEVELS.filter((level) => level.flags.every((flag) => flags.has(flag))).map((level) => level.name);
}

function cpuFlags(): Set<string> {
  try {
    const line = readFileSync('/proc/cpuinfo', 'utf8').match(/^flags\s*:\s*(.*)$/m);
    return new Set(line ? line[1].split(' ') : []);
  } catch {
    return new Set();
  }
}
