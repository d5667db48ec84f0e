import { type DType, isFloat, isHalf, type Shape, sameShape, wideDType } from '@hebb/tensor';
import type { Node, Value } from '../graph.js';

/** An instruction of an elementwise node; `from` counts the node's inputs, and what earlier instructions of it made after them. */
export interface Piece {
  readonly name: string;
  readonly from: readonly number[];
  readonly immediate?: number;
}

const PLAIN = new Set([
  ...['neg', 'abs', 'sign', 'exp', 'log', 'log1p', 'expm1', 'sqrt', 'rsqrt', 'square', 'reciprocal', 'tanh', 'erf', 'sigmoid'],
  ...['relu', 'silu', 'softplus', 'floor', 'ceil', 'round', 'isNaN', 'isFinite', 'logicalNot'],
  ...['add', 'sub', 'mul', 'div', 'maximum', 'minimum'],
  ...['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual', 'logicalAnd', 'logicalOr', 'logicalXor'],
  ...['reluGrad', 'tanhGrad', 'sigmoidGrad', 'where'],
]);

/** Ops that make numbers of 16 bits of such numbers without rounding, and `cast`, whose instruction it is. */
const EXACT = new Set([
  ...['neg', 'abs', 'sign', 'relu', 'floor', 'ceil', 'round', 'maximum', 'minimum', 'reluGrad', 'where', 'broadcastTo', 'cast'],
]);

/**
 * What a node computes for each element; undefined where it is not elementwise, or not known to be. Registers hold 16 bits as float32, so
 * that what it makes in 16 bits is rounded to them if another instruction reads it; where it is written to memory it is rounded then.
 */
export function piecesOf(node: Node, read = true): readonly Piece[] | undefined {
  const { op, inputs, outputs } = node;
  const pieces = unrounded(node);
  const [{ dtype }] = outputs;
  if (!pieces || !read || !isHalf(dtype) || EXACT.has(op.name)) return pieces;
  return [...pieces, { name: dtype, from: [inputs.length + pieces.length - 1] }];
}

function unrounded({ op: { name }, inputs, attributes }: Node): readonly Piece[] | undefined {
  const all = inputs.map((_, i) => i);
  if (PLAIN.has(name)) return [{ name, from: all }];
  switch (name) {
    case 'gelu':
    case 'geluGrad': {
      const approximate = (attributes as { tanh: boolean }).tanh ? 'Tanh' : '';
      return [{ name: name.replace('gelu', `gelu${approximate}`), from: all }];
    }
    case 'leakyRelu':
    case 'elu':
      return [{ name, from: all, immediate: (attributes as { alpha: number }).alpha }];
    case 'clip': {
      const { min, max } = attributes as { min: number; max: number };
      return [
        { name: 'atLeast', from: [0], immediate: min },
        { name: 'atMost', from: [1], immediate: max },
      ];
    }
    case 'broadcastTo':
      return [{ name: 'copy', from: all }];
    case 'cast':
      return castOf(inputs[0].dtype, attributes as DType);
    default:
      return undefined;
  }
}

/** Between floats and bool; registers hold both as floats. */
function castOf(from: DType, to: DType): readonly Piece[] | undefined {
  if (from !== 'bool' && !isFloat(from)) return undefined;
  if (to === 'bool') return [{ name: 'truth', from: [0] }];
  return isFloat(to) ? [{ name: isHalf(to) ? to : 'copy', from: [0] }] : undefined;
}

/** The dtype that a node computes in; 'bool' where it could be any, undefined where there is none or several. */
export function computesIn({ inputs, outputs }: Node): 'float32' | 'float64' | 'bool' | undefined {
  const dtypes = new Set([...inputs, ...outputs].map(({ dtype }) => wideDType(dtype)));
  dtypes.delete('bool');
  if (dtypes.size === 0) return 'bool';
  const [dtype] = dtypes;
  return dtypes.size === 1 && (dtype === 'float32' || dtype === 'float64') ? dtype : undefined;
}

/**
 * How often each element of an input repeats along an output before the next comes, if the input lies along one run of the output's
 * axes; undefined where it does not.
 */
export function repeatsAlong({ shape }: Value, output: Shape): number | undefined {
  if (sameShape(shape, output)) return 1;
  const padded = [...new Array<number>(output.length - shape.length).fill(1), ...shape];
  const first = padded.findIndex((dim) => dim !== 1);
  if (first < 0) return 1;
  let last = padded.length - 1;
  while (padded[last] === 1) last--;
  for (let i = first; i <= last; i++) if (padded[i] !== output[i]) return undefined;
  return output.slice(last + 1).reduce((product, dim) => product * dim, 1);
}
