// Builds the engine with cmake-js and lays it out as the platform package that npm users get.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, realpathSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = fileURLToPath(new URL('..', import.meta.url));
const built = join(native, 'build', 'lib');
const staged = join(native, 'platform', `${process.platform}-${process.arch}`, 'lib');

// oneDNN and what it needs travel with the engine, so that an install needs no system package.
function bundledLibraries() {
  const listing = execFileSync('ldd', [join(built, 'libhebb_cpu.so')], { encoding: 'utf8' });
  return [...listing.matchAll(/(lib(?:dnnl|gomp|OpenCL)\.so\S*) => (\S+)/g)].map(([, name, path]) => ({
    name,
    path: realpathSync(path),
  }));
}

// A process that has the old library open keeps it.
function stage(path, name) {
  const target = join(staged, name);
  copyFileSync(path, `${target}.new`);
  renameSync(`${target}.new`, target);
}

execFileSync('npx', ['--no-install', 'cmake-js', 'compile', '--out', 'build'], {
  cwd: native,
  stdio: 'inherit',
  env: { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()) },
});
mkdirSync(staged, { recursive: true });
for (const file of readdirSync(built)) stage(join(built, file), basename(file));
for (const { name, path } of bundledLibraries()) stage(path, name);
console.log(`engine staged in ${staged}`);
