// `npm run test:native [-- --sanitize]`: builds and runs the tests of the engine without Node. With --sanitize under ASan and UBSan, what
// has threads of its own (a GPU's, too, on the CPU) under TSan, and then those of the addons in Node, which feed them hostile command lists.
import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from './build.mjs';
import { ensureSystem, NATIVE_TESTS } from './system.mjs';

ensureSystem([NATIVE_TESTS]);
const sanitize = process.argv.includes('--sanitize');
// Sanitizers see one level of vectors: the machine's own here, the lowest in the addons' tests.
const level = sanitize ? ['-DCMAKE_CXX_FLAGS=-march=native'] : [];
nativeTests(sanitize ? 'sanitize' : 'tests', ['-DHEBB_TESTS=ON', `-DHEBB_SANITIZE=${sanitize ? 'ON' : 'OFF'}`, ...level]);
if (sanitize) {
  nativeTests('threads', ['-DHEBB_TSAN=ON']);
  addonTests();
}

function nativeTests(folder, options) {
  const build = join(root, 'native', 'build', folder);
  run('cmake', ['-S', join(root, 'native'), '-B', build, '-DHEBB_ADDON=OFF', ...options]);
  const parallel = ['--parallel', String(availableParallelism())];
  run('cmake', ['--build', build, ...parallel]);
  // oneDNN keeps its own allocations to the end, which are not ours to free.
  run('ctest', ['--test-dir', build, '--output-on-failure', ...parallel], { ASAN_OPTIONS: 'detect_leaks=0' });
}

function addonTests() {
  const native = join(root, 'native');
  run('npx', ['--no-install', 'cmake-js', 'compile', '--out', 'build/sanitize-addon', '--CDHEBB_SANITIZE=ON'], {}, native);
  const library = execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  // Instrumented products take a hundred times as long.
  const tests = ['native', 'packages/compiler', '--maxWorkers=1', '--testTimeout=300000'];
  run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...tests], {
    LD_PRELOAD: library,
    ASAN_OPTIONS: 'detect_leaks=0',
    HEBB_NATIVE_PATH: join(native, 'build', 'sanitize-addon', 'lib'),
    HEBB_CPU_LEVEL: 'baseline',
  });
}

function run(command, args, env = {}, cwd = root) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd, env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}
