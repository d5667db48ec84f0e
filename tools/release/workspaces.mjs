import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/build.mjs';

/** Every npm workspace with its folder and manifest. */
export function workspaces() {
  const listing = execFileSync('npm', ['query', '.workspace', '--loglevel', 'error'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return JSON.parse(listing).map(({ location }) => {
    const directory = join(root, location);
    return { directory, manifest: JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) };
  });
}
