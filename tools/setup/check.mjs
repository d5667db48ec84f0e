// `npm run check`: everything that is looked at without running the library. Runs all checks, then tells which failed.
import { spawnSync } from 'node:child_process';
import { build, installPackages, root } from './build.mjs';
import { ensureSystem, FORMATTER } from './system.mjs';

ensureSystem([FORMATTER]);
installPackages();
build();

const CHECKS = [
  [
    'formatting, lint and import cycles (Biome)',
    'npx',
    ['--no-install', 'biome', 'ci', '--error-on-warnings', '--colors=off', '.'],
  ],
  ['types of sources and tests (tsc)', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']],
  ['C++ formatting (clang-format)', 'node', ['tools/setup/clang-format.mjs']],
  ['package manifests', 'node', ['tools/release/manifests.mjs']],
];

let failed = 0;
for (const [title, command, args] of CHECKS) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${title}`);
  if (status !== 0) failed++;
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
