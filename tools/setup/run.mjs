// The way from a clean clone to a running command: installs what is missing, builds, then runs it. Plain JavaScript, because it runs
// before anything is installed.
import { spawnSync } from 'node:child_process';
import { build, buildEmulated, installPackages, root } from './build.mjs';
import { ensureSystem } from './system.mjs';

const COMMANDS = {
  setup: undefined,
  start: ['node', 'examples/lenet/dist/main.js'],
  test: ['npx', '--no-install', 'vitest', 'run'],
  bench: ['node', 'tools/bench/dist/main.js'],
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) {
  console.error(`usage: node tools/setup/run.mjs ${Object.keys(COMMANDS).join('|')} [options]`);
  process.exit(2);
}

// The last line of a command's --json output must be its own: set-up speaks on standard error.
ensureSystem();
installPackages();
build();
if (name === 'test') buildEmulated();
const command = COMMANDS[name];
if (command) {
  const { status, signal } = spawnSync(command[0], [...command.slice(1), ...args], { cwd: root, stdio: 'inherit' });
  process.exit(status ?? (signal ? 1 : 0));
}
