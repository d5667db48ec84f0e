// Compiles proto/container.proto to static code, which is committed: `npm run generate -w packages/format [-- FOLDER]`.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = process.argv[2] ?? join(root, 'src', 'generated');
const cli = dirname(createRequire(import.meta.url).resolve('protobufjs-cli/package.json'));
const run = (name, args) => execFileSync(process.execPath, [join(cli, 'bin', name), ...args], { cwd: root, stdio: 'inherit' });

mkdirSync(target, { recursive: true });
const script = join(target, 'container.js');
const skip = ['--no-service', '--no-verify', '--no-convert', '--no-delimited', '--no-typeurl'];
run('pbjs', [
  '--target',
  'static-module',
  '--root',
  'hebb-container',
  '--wrap',
  'es6',
  '--es6',
  ...skip,
  '--out',
  script,
  'proto/container.proto',
]);
run('pbts', ['--out', join(target, 'container.d.ts'), script]);
