import { backend, OPS, type Op, type Program, type ProgramCommand, type ProgramOperand, type Shape } from '@hebb/tensor';
import type { Graph, Node, Value } from './graph.js';
import { materialise } from './materialise.js';
import type { Place, Slot } from './places.js';
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
  const planned = plan(whole);
  const operand = operandsOf(planned);
  const commands: ProgramCommand[] = [];
  const where: string[] = [];
  for (const node of whole.nodes) {
    if (planned.memory.isIdle(node)) continue;
    commands.push(commandOf(node, operand));
    where.push(node.where);
  }
  const copy = OPS.get('copy') as Op<never>;
  for (const { from, slot } of planned.copies) {
    const { dtype, shape } = from;
    commands.push({ kernel: kernelOf(copy), inputs: [operand(from)], outputs: [{ dtype, shape, slot }], attributes: [] });
    where.push('end of the step');
  }
  return {
    program: { device: graph.device, slots: planned.slots.length, arenaBytes: planned.arenaBytes, commands },
    slots: planned.slots,
    plan: planned,
    where,
  };
}

function operandsOf({ places, memory }: Plan): (value: Value, shape?: Shape) => ProgramOperand {
  return (value, shape = value.shape) => {
    const place = places.get(memory.owner(value)) as Place;
    const there = 'slot' in place ? place : { offset: place.offset + memory.offset(value) };
    return { dtype: value.dtype, shape, ...there };
  };
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
