/** Code of Hebb itself, whose lines say nothing to a user. Its tests count as users. */
const OWN =
  /[/\\](?:packages|@hebb)[/\\](?:tensor|autograd|compiler|layers|losses|optimizers|metrics|train)[/\\](?:src|dist)[/\\](?!.*\.test\.)/;

/** The line of the user's program that is running: "train.ts:12". */
export function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  const frame = stack
    .split('\n')
    .slice(1)
    .find((line) => !OWN.test(line) && !line.includes('node:internal'));
  const [, file, line] = frame?.match(/([^/\\(]+?):(\d+):\d+\)?$/) ?? [];
  return file ? `${file}:${line}` : 'unknown';
}
