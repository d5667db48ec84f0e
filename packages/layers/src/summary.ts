import { checkShape, type DType, type Shape, type Variable } from '@hebb/tensor';
import { build } from './build.js';
import { type Layer, observing } from './layer.js';

export interface SummaryRow {
  /** Key and class of the layer: "conv2d (Conv2D)". */
  layer: string;
  /** Shape of the output, "N" for the batch. */
  outputShape: string;
  /** Learnable numbers in the layer. */
  parameters: number;
}

export interface Summary {
  rows: readonly SummaryRow[];
  /** Learnable numbers: weights and biases. */
  parameters: number;
  /** Numbers that training does not change by gradients, such as running statistics. */
  nonTrainable: number;
  /** The table as text. */
  table: string;
  /** The table as text. */
  toString(): string;
}

/**
 * A table of a model's layers, and the number of its learnable parameters. Builds the model; computes nothing else.
 *
 * @param inputShape shape of one example, without the batch axis
 * @param dtype of the input; default float32, and 'int32' for a model that begins with an Embedding
 * @throws HebbError `shape` when the model does not take such an input.
 */
export function summary(model: Layer, inputShape: Shape, dtype: DType = 'float32'): Summary {
  checkShape(inputShape, 'summary');
  const outputs = new Map<Layer, Shape>();
  observing(
    (layer, output) => outputs.set(layer, output.shape),
    () => build(model, [2, ...inputShape], dtype),
  );
  const children = model.children();
  const listed: [string, Layer][] = children.length > 0 ? children : [[model.givenName ?? model.kind, model]];
  const rows = listed.map(([key, layer]) => rowOf(key, layer, outputs.get(layer)));
  const parameters = count(model.trainableVariables);
  const nonTrainable = count(model.variables) - parameters;
  const table = format(rows, parameters, nonTrainable);
  return { rows, parameters, nonTrainable, table, toString: () => table };
}

function rowOf(key: string, layer: Layer, shape: Shape | undefined): SummaryRow {
  return {
    layer: `${key} (${layer.kind})`,
    outputShape: shape ? `[${['N', ...shape.slice(1)].join(', ')}]` : 'not reached',
    parameters: count(layer.trainableVariables),
  };
}

function count(variables: readonly Variable[]): number {
  return variables.reduce((sum, variable) => sum + variable.size, 0);
}

const grouped = (n: number): string => n.toLocaleString('en-US');

function format(rows: readonly SummaryRow[], parameters: number, nonTrainable: number): string {
  const cells = rows.map((row) => [row.layer, row.outputShape, grouped(row.parameters)]);
  const widths = [0, 1, 2].map((i) =>
    Math.max(['Layer', 'Output shape', 'Parameters'][i].length, ...cells.map((row) => row[i].length)),
  );
  const line = ([layer, shape, size]: readonly string[]): string =>
    `  ${layer.padEnd(widths[0])}   ${shape.padEnd(widths[1])}   ${size.padStart(widths[2])}`;
  const rule = `  ${'─'.repeat(widths[0] + widths[1] + widths[2] + 6)}`;
  const total = `  ${grouped(parameters)} learnable parameters${nonTrainable > 0 ? `, ${grouped(nonTrainable)} others` : ''}`;
  return [line(['Layer', 'Output shape', 'Parameters']), rule, ...cells.map(line), rule, total].join('\n');
}
