/** The folder of Hebb's packages, here or as installed; installed packages may have others of them elsewhere. */
const FOLDER = new URL('../../', import.meta.url).pathname.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** Code of Hebb itself, whose lines say nothing to a user. Its tests count as users. */
const OWN = new RegExp(
  `(?:${FOLDER}|/@hebb/)(?:tensor|autograd|compiler|layers|losses|optimizers|metrics|train)/(?:src|dist)/(?!.*\\.test\\.)`,
);

/** The line of the user's program that is running: "train.ts:12". */
export function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = limit;
  for (const frame of stack.split('\n').slice(1)) {
    // Built-in functions (Array.map) have no place.
    const [, file, line] = frame.match(/([^/\\(]+?):(\d+):\d+\)?$/) ?? [];
    if (file && !OWN.test(frame.replaceAll('\\', '/')) && !frame.includes('node:internal')) return `${file}:${line}`;
  }
  return 'unknown';
}
