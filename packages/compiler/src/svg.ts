import { HebbError } from '@hebb/tensor';

/** What is used of @viz-js/viz, which only those need who want pictures. */
interface Graphviz {
  instance(): Promise<{ renderString(dot: string, options: { format: 'svg' }): string }>;
}

/**
 * A graph in the DOT language as a picture in SVG.
 * @throws HebbError `unsupported` when the package @viz-js/viz, Graphviz compiled to WebAssembly, is not installed.
 */
export async function dotToSvg(dot: string): Promise<string> {
  const name = '@viz-js/viz';
  let graphviz: Graphviz;
  try {
    graphviz = (await import(name)) as Graphviz;
  } catch (cause) {
    throw new HebbError('unsupported', `dotToSvg: the package ${name} draws the picture: npm install ${name}`, { cause });
  }
  return (await graphviz.instance()).renderString(dot, { format: 'svg' });
}
