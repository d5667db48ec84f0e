/** Figures of an epoch by name: "loss", "accuracy", "valLoss", "valAccuracy", "learningRate". */
export type Logs = Record<string, number>;

/** Names of validation figures: "loss" → "valLoss". */
export function validationName(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** A figure with four significant digits, for people. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3) : value.toPrecision(4);
}

/** "loss 0.1234  accuracy 0.9876" */
export function describe(logs: Logs): string {
  return Object.entries(logs)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join('  ');
}
