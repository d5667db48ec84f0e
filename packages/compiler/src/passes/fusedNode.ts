import { type Fused, type FusedInstruction, type FusedSums, OPS, sameShape } from '@hebb/tensor';
import { describeNode, type Node, type Value } from '../graph.js';
import { piecesOf, repeatsAlong } from './elementwise.js';
import { sumForm } from './sums.js';

/** Nodes that one may be made of, and arrays that these may read and make: registers of all stay in the first-level cache or near. */
export const MOST_NODES = 48;
export const MOST_ARRAYS = 64;

/** A value in the making: an array of the graph, or what lies between two instructions of a node. */
type Held = Value | symbol;

interface Step {
  readonly name: string;
  readonly to: Held;
  readonly from: readonly Held[];
  readonly immediate?: number;
}

/** One node for elementwise nodes in order, and sums of what they make; `escapes` tells which of their outputs others read. */
export function fusedNode(nodes: readonly Node[], escapes: (value: Value) => boolean): Node {
  const sums = nodes.filter((node) => sumForm(node));
  const chain = nodes.filter((node) => !sums.includes(node));
  const made = new Set<Value>(chain.flatMap(({ outputs }) => outputs));
  const inputs = [...new Set(chain.flatMap((node) => node.inputs))].filter((value) => !made.has(value));
  const outputs = chain.flatMap((node) => node.outputs).filter(escapes);
  const { shape } = chain[0].outputs[0];
  const summed = sums.map((node) => node.inputs[0]);
  const read = new Set<Value>([...chain.flatMap((node) => node.inputs), ...summed]);
  const steps = chain.flatMap((node) => stepsOf(node, read.has(node.outputs[0])));
  const { code, temporaries, register } = assign(steps, inputs, outputs, summed);
  const all = [...outputs, ...sums.flatMap((node) => node.outputs)];
  const attributes: Fused = {
    outputs: all.map((value) => ({ dtype: value.dtype, shape: value.shape })),
    temporaries,
    repeats: inputs.map((value) => repeatsAlong(value, shape) as number),
    code,
    ...(sums.length > 0 && { sums: sumsOf(sums, register) }),
  };
  return {
    op: { ...(OPS.get('fused') as Node['op']), inPlace: inPlace(inputs, outputs, code) },
    inputs,
    outputs: all,
    attributes,
    where: nodes[0].where,
    merged: nodes.flatMap(describeNode),
  };
}

function sumsOf(sums: readonly Node[], register: ReadonlyMap<Held, number>): FusedSums {
  return {
    form: sumForm(sums[0]) as FusedSums['form'],
    of: sums.map(({ op, inputs }) => ({ from: register.get(inputs[0]) as number, mean: op.name === 'mean' })),
  };
}

function stepsOf(node: Node, read: boolean): Step[] {
  const held: Held[] = [...node.inputs];
  const pieces = piecesOf(node, read) ?? [];
  return pieces.map(({ name, from, immediate }, i) => {
    const to = i === pieces.length - 1 ? node.outputs[0] : Symbol(name);
    held.push(to);
    return { name, to, from: from.map((at) => held[at]), ...(immediate !== undefined && { immediate }) };
  });
}

/** Gives every value a register: inputs, then outputs, then temporaries, which are used again after the last that reads them. */
function assign(
  steps: readonly Step[],
  inputs: readonly Value[],
  outputs: readonly Value[],
  summed: readonly Value[],
): { code: FusedInstruction[]; temporaries: number; register: ReadonlyMap<Held, number> } {
  const register = new Map<Held, number>([...inputs, ...outputs].map((value, i) => [value, i]));
  const fixed = register.size;
  const last = new Map<Held, number>();
  steps.forEach(({ from }, i) => void from.forEach((value) => void last.set(value, i)));
  // Sums come after the last step.
  for (const value of summed) last.set(value, steps.length);
  const free: number[] = [];
  let count = 0;
  const code = steps.map(({ name, to, from, immediate }, i): FusedInstruction => {
    const read = from.map((value) => register.get(value) as number);
    for (const value of new Set(from)) {
      const at = register.get(value) as number;
      if (at >= fixed && last.get(value) === i) free.push(at);
    }
    if (!register.has(to)) register.set(to, free.pop() ?? fixed + count++);
    return { name, to: register.get(to) as number, from: read, ...(immediate !== undefined && { immediate }) };
  });
  return { code, temporaries: count, register };
}

/** Outputs may lie over inputs of their shape that nothing reads after they are written. */
function inPlace(inputs: readonly Value[], outputs: readonly Value[], code: readonly FusedInstruction[]): [number, number][] {
  return outputs.flatMap((output, o) => {
    const written = code.findIndex(({ to }) => to === inputs.length + o);
    return inputs.flatMap((input, i): [number, number][] => {
      const readLater = code.slice(written + 1).some(({ from }) => from.includes(i));
      const same = input.dtype === output.dtype && output.dtype !== 'bool' && sameShape(input.shape, output.shape);
      return same && !readLater ? [[o, i]] : [];
    });
  });
}
