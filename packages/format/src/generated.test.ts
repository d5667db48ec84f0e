import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const generated = fileURLToPath(new URL('generated', import.meta.url));
const script = fileURLToPath(new URL('../scripts/generate.mjs', import.meta.url));

function hasCompiler(): boolean {
  try {
    createRequire(import.meta.url).resolve('protobufjs-cli/package.json');
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!hasCompiler())('the generated code is that of the schema', () => {
  const fresh = mkdtempSync(join(tmpdir(), 'hebb-proto-'));
  try {
    execFileSync(process.execPath, [script, fresh]);
    for (const name of ['container.js', 'container.d.ts']) {
      expect(readFileSync(join(generated, name), 'utf8')).toBe(readFileSync(join(fresh, name), 'utf8'));
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});
