// Checks the C++ and CUDA sources against .clang-format; --write mends them.
import { execFileSync, spawnSync } from 'node:child_process';
import { root } from './build.mjs';

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'native'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(h|cpp|cu)$/.test(file));
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
process.exit(spawnSync('clang-format', [...mode, ...files], { cwd: root, stdio: 'inherit' }).status ?? 1);
