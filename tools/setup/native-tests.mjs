// `npm run test:native [-- --sanitize]`: builds and runs the tests of the engine without Node, under ASan and UBSan if asked.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './build.mjs';
import { ensureSystem, NATIVE_TESTS } from './system.mjs';

ensureSystem([NATIVE_TESTS]);
const sanitize = process.argv.includes('--sanitize');
const build = join(root, 'native', 'build', sanitize ? 'sanitize' : 'tests');

run('cmake', [
  '-S',
  join(root, 'native'),
  '-B',
  build,
  '-DHEBB_ADDON=OFF',
  '-DHEBB_TESTS=ON',
  `-DHEBB_SANITIZE=${sanitize ? 'ON' : 'OFF'}`,
]);
run('cmake', ['--build', build, '--parallel', String(availableParallelism())]);
// oneDNN keeps its own allocations to the end, which are not ours to free.
run('ctest', ['--test-dir', build, '--output-on-failure'], { ASAN_OPTIONS: 'detect_leaks=0' });

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}
