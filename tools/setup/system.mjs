import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const NODE = [20, 19];
const CMAKE = [3, 22];

/** What the build needs from the system: how to see it, and the Debian and Ubuntu package that brings it. */
const NEEDS = [
  { what: 'a C++17 compiler', found: () => runs('c++', ['--version']) || runs('g++', ['--version']), package: 'g++' },
  { what: 'CMake ≥ 3.22', found: () => atLeast(version('cmake', ['--version']), CMAKE), package: 'cmake' },
  { what: 'make or ninja', found: () => runs('make', ['--version']) || runs('ninja', ['--version']), package: 'make' },
  {
    what: 'oneDNN (libdnnl-dev)',
    found: () => ['/usr/include', '/usr/local/include'].some((directory) => existsSync(`${directory}/dnnl.h`)),
    package: 'libdnnl-dev',
  },
];

/** For `npm run check`. */
export const FORMATTER = { what: 'clang-format', found: () => runs('clang-format', ['--version']), package: 'clang-format' };
/** For the native tests. */
export const NATIVE_TESTS = {
  what: 'GoogleTest (libgtest-dev)',
  found: () => existsSync('/usr/include/gtest/gtest.h') || existsSync('/usr/local/include/gtest/gtest.h'),
  package: 'libgtest-dev',
};

/** Checks Node, and installs missing system packages where that is allowed; otherwise prints the command and stops. */
export function ensureSystem(extra = []) {
  const needs = [...NEEDS, ...extra];
  if (!atLeast(process.versions.node.split('.').map(Number), NODE)) {
    stop(`Hebb needs Node ${NODE.join('.')} or later, and this is ${process.versions.node}.`);
  }
  const missing = needs.filter(({ found }) => !found());
  if (missing.length === 0) return;
  const names = missing.map((need) => need.what).join(', ');
  const packages = missing.map((need) => need.package);
  const install = `apt-get update && apt-get install -y ${packages.join(' ')}`;
  const prefix = adminPrefix();
  if (prefix === undefined || !runs('apt-get', ['--version'])) {
    stop(`Hebb's build needs ${names}. Install it and run this again:\n\n    sudo sh -c '${install}'`);
  }
  process.stderr.write(`Installing ${packages.join(', ')} … `);
  const [command, ...args] = [...prefix, 'sh', '-c', install];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0 || needs.some(({ found }) => !found())) {
    stop(
      `failed\n\n${stdout ?? ''}${stderr ?? ''}\nHebb's build needs ${names}. Install it and run this again:\n\n    sudo sh -c '${install}'`,
    );
  }
  process.stderr.write('done\n');
}

/** What to put before a command to run it as root: nothing for root, sudo where it asks no password, undefined otherwise. */
function adminPrefix() {
  if (process.getuid?.() === 0) return [];
  return runs('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined;
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function version(command, args) {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return (stdout?.match(/(\d+)\.(\d+)/) ?? []).slice(1).map(Number);
}

function atLeast([major = 0, minor = 0], [wantedMajor, wantedMinor]) {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
