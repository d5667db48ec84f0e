import { checkAvailable, type Device, HebbError, type Tensor, type Variable } from '@hebb/tensor';
import { fileFault } from './faults.js';
import type { ContainerHeader, Section } from './header.js';
import { readTensor, withContainer } from './read.js';
import { type SaveOptions, writeContainer } from './write.js';

/** The section that weights, and tensors on their own, are in. */
export const WEIGHTS = 'weights';

/** Tensors or variables by name. */
export type NamedValues = Readonly<Record<string, Tensor | Variable>> | ReadonlyMap<string, Tensor | Variable>;

/**
 * Saves named tensors to a file, atomically: whatever fails, an old file at `path` stays as it was.
 *
 * @throws HebbError `argument` for a name or metadata that is not text, `file` if the file cannot be written, `disposed` for a
 *   tensor whose memory was freed.
 * @example
 * await saveTensors('embedding.hebb', { table }, { metadata: { words: '50000' } });
 */
export async function saveTensors(path: string, values: NamedValues, options: SaveOptions = {}): Promise<void> {
  const named: ReadonlyMap<string, Tensor | Variable> = values instanceof Map ? values : new Map(Object.entries(values));
  await writeContainer(path, new Map([[WEIGHTS, named]]), options);
}

/** Options of {@link loadTensors}. */
export interface LoadTensorsOptions {
  /** Which tensors to read. Default: all. */
  readonly names?: Iterable<string>;
  /** The section to read from. Default `weights`. */
  readonly section?: string;
  /** Where the tensors go, wherever they were when they were saved. Default: `getDefaultDevice()`. */
  readonly device?: Device;
  /** Stops the reading. */
  readonly signal?: AbortSignal;
}

/**
 * Loads tensors by name, in the order of the file, or of `names`. Every tensor's checksum is verified.
 *
 * @throws HebbError `file` for a file that is missing, damaged, truncated, of another kind or a newer version, or without one
 *   of the names: before any memory is taken for tensors, except for damage within a tensor.
 */
export async function loadTensors(path: string, options: LoadTensorsOptions = {}): Promise<Map<string, Tensor>> {
  const { names, section = WEIGHTS, device, signal } = options;
  if (device !== undefined) checkAvailable(device, 'loadTensors');
  return withContainer(path, async (container) => {
    const infos = requireSection(container.header, section, path);
    const chosen = [...new Set(names ?? infos.keys())].map((name) => {
      const info = infos.get(name);
      if (info === undefined)
        throw fileFault(path, `there is no tensor ${JSON.stringify(name)}; there are ${listed(infos.keys())}.`);
      return info;
    });
    const tensors = new Map<string, Tensor>();
    try {
      for (const info of chosen) tensors.set(info.name, await readTensor(container, info, { device, signal }));
    } catch (error) {
      for (const tensor of tensors.values()) tensor.dispose();
      throw error;
    }
    return tensors;
  });
}

/**
 * The header of a file: metadata, and the dtype, shape and place of every tensor, without reading the tensors.
 *
 * @throws HebbError `file` for a file that is missing, damaged, truncated, of another kind or a newer version.
 */
export async function inspect(path: string): Promise<ContainerHeader> {
  return withContainer(path, async ({ header }) => header);
}

/** @internal The section, or an error that says which there are. */
export function requireSection(header: ContainerHeader, name: string, path: string): Section {
  const section = header.sections.get(name);
  if (section === undefined)
    throw new HebbError('file', `${path}: there is no section "${name}"; there are ${listed(header.sections.keys())}.`);
  return section;
}

const LISTED = 8;

/** @internal Some names, for messages. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'none';
  const shown = all.slice(0, LISTED).map((name) => JSON.stringify(name));
  return all.length > LISTED ? `${shown.join(', ')} and ${all.length - LISTED} more` : shown.join(', ');
}
