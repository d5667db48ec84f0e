import type { Op, Spec } from '../core/op.js';

/** Instructions in the order of the engine's list (native/src/ops/fusedFunctors.h), by the names of the ops that they are; those of dtypes round to these. */
export const FUSED_INSTRUCTIONS: readonly string[] = [
  ...['neg', 'abs', 'sign', 'exp', 'log', 'log1p', 'expm1', 'sqrt', 'rsqrt', 'square', 'reciprocal', 'tanh', 'erf', 'sigmoid'],
  ...[
    'relu',
    'gelu',
    'geluTanh',
    'silu',
    'softplus',
    'floor',
    'ceil',
    'round',
    'isNaN',
    'isFinite',
    'logicalNot',
    'copy',
    'truth',
    'bfloat16',
    'float16',
  ],
  ...['leakyRelu', 'elu', 'atLeast', 'atMost'],
  ...['add', 'sub', 'mul', 'div', 'maximum', 'minimum'],
  ...['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'logicalAnd', 'logicalOr', 'logicalXor'],
  ...['reluGrad', 'tanhGrad', 'sigmoidGrad', 'geluGrad', 'geluTanhGrad', 'where'],
];

/** One step over a tile. Registers are numbered: inputs, outputs, temporaries; they hold 16 bits as float32. */
export interface FusedInstruction {
  readonly name: string;
  readonly to: number;
  readonly from: readonly number[];
  /** The slope or bound of instructions that have one. */
  readonly immediate?: number;
}

/** Sums of registers, seen as [outer, length, inner], over the middle. */
export interface FusedSums {
  readonly form: readonly [outer: number, length: number, inner: number];
  readonly of: readonly { readonly from: number; readonly mean: boolean }[];
}

/** Elementwise ops as one, and sums of what they make. */
export interface Fused {
  /** Those of sums come last. */
  readonly outputs: readonly Spec[];
  readonly temporaries: number;
  /** For each input how often each of its elements repeats before the next; after the last the first comes again. */
  readonly repeats: readonly number[];
  readonly code: readonly FusedInstruction[];
  readonly sums?: FusedSums;
}

/** What compiled steps make of elementwise ops that feed each other: all of them on a tile of the arrays, then the next tile. */
export const fusedOp: Op<Fused> = {
  name: 'fused',
  infer: (_inputs, { outputs }) => outputs,
  view: (_inputs, _outputs, { temporaries, repeats, code, sums }) => ({
    attributes: [temporaries, code.length, ...repeats, ...code.flatMap(words), ...(sums ? sumWords(sums) : [])],
  }),
};

function words({ name, to, from, immediate = 0 }: FusedInstruction): number[] {
  const [a, b = a, c = a] = from;
  return [FUSED_INSTRUCTIONS.indexOf(name), to, a, b, c, immediate];
}

function sumWords({ form, of }: FusedSums): number[] {
  return [...form, ...of.flatMap(({ from, mean }) => [from, Number(mean)])];
}
