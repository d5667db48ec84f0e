import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Installs npm packages when package-lock.json changed since the last time. */
export function installPackages() {
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.hebb-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  // Not `npm ci`: a registry without other systems' optional packages leaves a lock file that it refuses.
  step('Installing npm packages', 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error']);
  writeFileSync(stamp, digest);
}

/** Builds the engine and all packages; turbo skips what has not changed. */
export function build() {
  step('Building (the first time takes a few minutes)', 'npx', [
    '--no-install',
    'turbo',
    'run',
    'build',
    '--output-logs=errors-only',
  ]);
}

/** Builds the CUDA engine's kernels for the CPU: the tests' stand-in for a GPU. */
export function buildEmulated() {
  step("Building the tests' stand-in for a GPU (the first time takes a few minutes)", 'node', [
    join(root, 'tools', 'gpu', 'emulated.mjs'),
  ]);
}

/** Runs one step with its output held back; shows it only when it fails. */
function step(title, command, args) {
  process.stderr.write(`${title} … `);
  const began = Date.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: quiet(),
  });
  if (status === 0) {
    process.stderr.write(`${((Date.now() - began) / 1000).toFixed(1)}s\n`);
    return;
  }
  process.stderr.write(
    `failed\n\n${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}\n${command} ${args.join(' ')} failed.\n`,
  );
  process.exit(1);
}

function quiet() {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_UPDATE_NOTIFIER: '1' };
}
