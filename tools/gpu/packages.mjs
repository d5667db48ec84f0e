import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** What tests, benchmarks and examples need of node_modules: what runs them, and what the workspaces depend on. */
const ROOTS = ['vitest'];

/** Paths in `root` of installed packages, and of the links to workspaces. */
export function packagePaths(root) {
  const modules = join(root, 'node_modules');
  const links = readdirSync(join(modules, '@hebb')).map((name) => join(modules, '@hebb', name));
  const found = new Map([...links, join(modules, 'hebb')].map((path) => [path, realpathSync(path)]));
  const visit = (names, from) => {
    for (const name of names) {
      const path = lookUp(name, from, root);
      if (path === undefined || found.has(path)) continue;
      found.set(path, path);
      visit(dependencies(path), path);
    }
  };
  for (const workspace of [...found.values()]) visit(dependencies(workspace), workspace);
  visit(ROOTS, root);
  // A package inside another comes with it.
  const paths = [...found.keys()];
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`))).map((path) => relative(root, path));
}

/** The ones that are installed: of optional ones, those of this system. */
function dependencies(path) {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
}

/** As Node looks for packages: in the node_modules of the folder and of those above it. */
function lookUp(name, from, root) {
  for (let folder = from; folder.startsWith(root.replace(/\/$/, '')); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return path;
  }
  return undefined;
}
