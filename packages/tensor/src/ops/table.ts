import type { Op } from '../core/op.js';
import * as activation from './activation.js';
import * as again from './again.js';
import * as arange from './arange.js';
import * as argReduce from './argReduce.js';
import * as attention from './attention.js';
import * as batchNorm from './batchNorm.js';
import * as binary from './binary.js';
import * as broadcastTo from './broadcastTo.js';
import * as cast from './cast.js';
import * as compare from './compare.js';
import * as concat from './concat.js';
import * as conv2d from './conv2d.js';
import * as copy from './copy.js';
import * as full from './full.js';
import * as fused from './fused.js';
import * as gather from './gather.js';
import * as layerNorm from './layerNorm.js';
import * as lstm from './lstm.js';
import * as matmul from './matmul.js';
import * as oneHot from './oneHot.js';
import * as packFilter from './packFilter.js';
import * as pool from './pool.js';
import * as random from './random.js';
import * as reduce from './reduce.js';
import * as reshape from './reshape.js';
import * as slice from './slice.js';
import * as softmax from './softmax.js';
import * as softmaxCrossEntropy from './softmaxCrossEntropy.js';
import * as stopGradient from './stopGradient.js';
import * as to from './to.js';
import * as transpose from './transpose.js';
import * as unary from './unary.js';
import * as update from './update.js';
import * as where from './where.js';

const files = [
  unary,
  activation,
  cast,
  binary,
  compare,
  where,
  full,
  arange,
  random,
  reduce,
  argReduce,
  copy,
  reshape,
  again,
  stopGradient,
  to,
  transpose,
  broadcastTo,
  concat,
  slice,
  gather,
  oneHot,
  matmul,
  conv2d,
  packFilter,
  fused,
  pool,
  softmax,
  softmaxCrossEntropy,
  batchNorm,
  layerNorm,
  lstm,
  attention,
  update,
];

/** Every op record, by name: what saved graphs and tests look ops up in. */
export const OPS: ReadonlyMap<string, Op<never>> = new Map(
  files.flatMap((file) =>
    Object.entries(file)
      .filter(([key]) => key.endsWith('Op'))
      .map(([, op]) => [(op as Op<never>).name, op as Op<never>]),
  ),
);
