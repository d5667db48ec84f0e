export { type CompileOptions, compile, type Step } from './compile.js';
export type { Graph, Node, Value } from './graph.js';
export { PASSES, type Pass } from './passes/index.js';
export { graphToDot, printGraph } from './print.js';
export type { OpTime, StepProfile } from './profile.js';
export { dotToSvg } from './svg.js';
export { TracedTensor, Tracer } from './tracer.js';
