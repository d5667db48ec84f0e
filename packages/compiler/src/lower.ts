import { backend, OPS, type Op, type Program, type ProgramCommand, type ProgramOperand, type Shape } from '@hebb/tensor';
import type { Graph, Node, Value } from './graph.js';
import { materialise } from './materialise.js';
import type { Slot } from './places.js';
import { type Plan, plan } from './plan.js';

/** A graph as the engine takes it. */
export interface Lowered {
  readonly program: Program;
  readonly slots: readonly Slot[];
  readonly plan: Plan;
  /** For each command, the line of the program that it comes from. */
  readonly where: readonly string[];
}

/** Plans the memory of a graph and writes its commands. */
export function lower(graph: Graph): Lowered {
  const whole = materialise(graph);
  const memory = plan(whole);
  const operand = operandsOf(memory);
  const commands: ProgramCommand[] = [];
  const where: string[] = [];
  for (const node of whole.nodes) {
    if (node.op.alias) continue;
    commands.push(commandOf(node, operand));
    where.push(node.where);
  }
  const copy = OPS.get('copy') as Op<never>;
  for (const { from, slot } of memory.copies) {
    const { dtype, shape } = from;
    commands.push({ kernel: kernelOf(copy), inputs: [operand(from)], outputs: [{ dtype, shape, slot }], attributes: [] });
    where.push('end of the step');
  }
  return {
    program: { device: graph.device, slots: memory.slots.length, arenaBytes: memory.arenaBytes, commands },
    slots: memory.slots,
    plan: memory,
    where,
  };
}

function operandsOf({ places, find }: Plan): (value: Value, shape?: Shape) => ProgramOperand {
  return (value, shape = value.shape) => ({ dtype: value.dtype, shape, ...places.get(find(value)) });
}

function commandOf(
  { op, inputs, outputs, attributes }: Node,
  operand: (value: Value, shape?: Shape) => ProgramOperand,
): ProgramCommand {
  const view = op.view?.(inputs, outputs, attributes as never);
  return {
    kernel: kernelOf(op),
    inputs: inputs.map((value, i) => operand(value, view?.inputs?.[i])),
    outputs: outputs.map((value, i) => operand(value, view?.outputs?.[i])),
    attributes: view?.attributes ?? [],
  };
}

function kernelOf(op: Op<never>): number {
  return backend().kernels.indexOf(op.name);
}
