import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memory } from '@hebb/tensor';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * What `memory()` says once nothing is left to be collected: the figure to begin with where a test counts what a step leaves
 * behind. Garbage of earlier tests would be collected at any time, and be subtracted from the step's.
 */
export function memoryWithoutGarbage(): ReturnType<typeof memory> {
  collectGarbage();
  return memory();
}
