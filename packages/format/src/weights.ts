import { HebbError, sameShape, show, type Tensor, type Variable } from '@hebb/tensor';
import { fileFault } from './faults.js';
import type { Section, TensorInfo } from './header.js';
import { readTensor, withContainer } from './read.js';
import { listed, requireSection, WEIGHTS } from './tensors.js';
import { type SaveOptions, writeContainer } from './write.js';

const OPTIMIZER = 'optimizer';

/** Anything that keeps its state in variables with unique names: a layer, a model. */
export interface HasVariables {
  readonly variables: readonly Variable[];
}

/** An optimizer: its variables may come into being only when it is told the parameters. */
export interface SavableOptimizer extends HasVariables {
  /** Makes the slots for the parameters. */
  build?(parameters: readonly Variable[]): unknown;
}

/** Options of {@link saveWeights}. */
export interface SaveWeightsOptions extends SaveOptions {
  /** Saved along, to resume training. */
  readonly optimizer?: SavableOptimizer;
}

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /** Restored too. Default: what the file has of it is left alone. */
  readonly optimizer?: SavableOptimizer;
  /** Stops the reading; nothing is assigned. */
  readonly signal?: AbortSignal;
}

/**
 * Saves the variables of a model, and of its optimizer, atomically: whatever fails, an old file at `path` stays as it was.
 *
 * @throws HebbError `argument` for variables that share a name, `file` if the file cannot be written.
 * @example
 * await saveWeights('digits.hebb', model, { optimizer, metadata: { epoch: '12' } });
 */
export async function saveWeights(path: string, model: HasVariables, options: SaveWeightsOptions = {}): Promise<void> {
  const contents = new Map([[WEIGHTS, byName('model', model)]]);
  if (options.optimizer !== undefined) contents.set(OPTIMIZER, byName('optimizer', options.optimizer));
  await writeContainer(path, contents, options);
}

/**
 * Loads what {@link saveWeights} saved, on whatever device, into a model, and its optimizer, that has the same variables, where these are. All or nothing: names,
 * shapes and dtypes are checked before anything is read, and everything is read and verified before anything is assigned.
 *
 * @throws HebbError `file` for a file that is missing, damaged or does not fit, naming what differs; `argument` for variables
 *   that share a name.
 */
export async function loadWeights(path: string, model: HasVariables, options: LoadWeightsOptions = {}): Promise<void> {
  const { optimizer, signal } = options;
  optimizer?.build?.(model.variables);
  await withContainer(path, async (container) => {
    const plan = match(byName('model', model), requireSection(container.header, WEIGHTS, path), path);
    if (optimizer !== undefined) {
      for (const [variable, info] of match(
        byName('optimizer', optimizer),
        requireSection(container.header, OPTIMIZER, path),
        path,
      ))
        plan.set(variable, info);
    }
    const values = new Map<Variable, Tensor>();
    try {
      for (const [variable, info] of plan)
        values.set(variable, await readTensor(container, info, { device: variable.device, signal }));
      for (const [variable, value] of values) variable.assign(value);
    } finally {
      for (const value of values.values()) value.dispose();
    }
  });
}

function byName(what: string, { variables }: HasVariables): Map<string, Variable> {
  const named = new Map<string, Variable>();
  for (const variable of variables) {
    if (named.has(variable.name))
      throw new HebbError('argument', `The ${what} has two variables named "${variable.name}"; give them different names.`);
    named.set(variable.name, variable);
  }
  return named;
}

/** The entry of the file for each variable. */
function match(variables: ReadonlyMap<string, Variable>, section: Section, path: string): Map<Variable, TensorInfo> {
  const missing = [...variables.keys()].filter((name) => !section.has(name));
  const unknown = [...section.keys()].filter((name) => !variables.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    throw fileFault(
      path,
      `the variables differ. Expected, but not in the file: ${listed(missing)}. In the file, but not expected: ${listed(unknown)}.`,
    );
  }
  const plan = new Map<Variable, TensorInfo>();
  for (const [name, variable] of variables) {
    const info = section.get(name);
    if (info === undefined || info.dtype !== variable.dtype || !sameShape(info.shape, variable.shape)) {
      throw fileFault(
        path,
        `${JSON.stringify(name)}: expected ${show(variable)}, received ${info === undefined ? 'nothing' : show(info)}.`,
      );
    }
    plan.set(variable, info);
  }
  return plan;
}
