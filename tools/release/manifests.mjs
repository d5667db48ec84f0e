// Checks what every published package must say of itself, and that packages import only from floors below.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaces } from './workspaces.mjs';

/** From the ground up; a package imports only from floors below its own. */
const FLOORS = [
  ['@hebb/native'],
  ['@hebb/tensor'],
  ['@hebb/autograd'],
  ['@hebb/compiler'],
  ['@hebb/layers', '@hebb/losses', '@hebb/optimizers', '@hebb/metrics', '@hebb/data'],
  ['@hebb/format'],
  ['@hebb/train'],
  ['hebb'],
];

const floorOf = new Map(FLOORS.flatMap((names, floor) => names.map((name) => [name, floor])));
const faults = [];

for (const { directory, manifest } of workspaces()) {
  const { name } = manifest;
  const complain = (text) => faults.push(`${name}: ${text}`);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (manifest.scripts?.[script]) complain(`has an install script ("${script}"), which npm blocks`);
  }
  if (existsSync(join(directory, 'binding.gyp'))) complain('has a binding.gyp, which makes npm run node-gyp');
  if (manifest.private) continue;
  if (manifest.license !== 'MIT') complain('has no license');
  if (!manifest.files?.length) complain('names no files to publish');
  if (manifest.engines?.node !== '>=20.19') complain('must say engines.node >=20.19');
  if (!existsSync(join(directory, 'README.md'))) complain('has no README.md');
  if (manifest.os) continue;
  if (manifest.type !== 'module' || Object.keys(manifest.exports['.'])[0] !== 'types')
    complain('must be an ES module with types first in exports');
  checkImports(directory, manifest, complain);
}

function checkImports(directory, manifest, complain) {
  const own = floorOf.get(manifest.name);
  if (own === undefined) return complain('stands on no floor of tools/release/manifests.mjs');
  for (const file of sources(join(directory, 'src'))) {
    for (const [, imported] of readFileSync(file, 'utf8').matchAll(/from '((?:@hebb\/)?[a-z-]+)'/g)) {
      const floor = floorOf.get(imported);
      if (floor === undefined) continue;
      if (floor >= own) complain(`${file} imports ${imported}, which is not on a floor below`);
      if (!manifest.dependencies?.[imported]) complain(`${file} imports ${imported}, which is not among its dependencies`);
    }
  }
}

function sources(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
