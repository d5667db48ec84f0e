import { readFileSync } from 'node:fs';

/** The fenced code blocks of a Markdown page in one language, in order. */
export function codeBlocks(page, language) {
  const pattern = new RegExp(`^\`\`\`${language}[^\\n]*\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...readFileSync(page, 'utf8').matchAll(pattern)].map(([, code]) => code);
}

/** The blocks that name a file, as in ```ts file=src/swish.ts, by that name. */
export function fileBlocks(page) {
  const pattern = /^```\w+ file=(\S+)\n([\s\S]*?)^```$/gm;
  return new Map([...readFileSync(page, 'utf8').matchAll(pattern)].map(([, file, code]) => [file, code]));
}
