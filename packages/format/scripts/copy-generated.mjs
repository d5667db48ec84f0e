// tsc compiles only TypeScript; the generated code is JavaScript with declarations beside it.
import { cpSync } from 'node:fs';

cpSync(new URL('../src/generated', import.meta.url), new URL('../dist/generated', import.meta.url), { recursive: true });
