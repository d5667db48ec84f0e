export type {
  Backend,
  Binding,
  Bytes,
  DeviceInfo,
  Done,
  MemoryInfo,
  Operand as BackendOperand,
  Program,
  ProgramCommand,
  ProgramOperand,
} from './core/backend.js';
export {
  checkFloat,
  checkIndex,
  checkInteger,
  checkNumber,
  checkNumeric,
  checkRank,
  checkSame,
  checkSameDType,
  deviceOf,
  show,
} from './core/check.js';
export { type CreationOptions, checkDevice, DEVICES, type Device, getDefaultDevice } from './core/device.js';
export {
  BYTES,
  type DataOf,
  DTYPES,
  type DType,
  type FloatDType,
  type IndexDType,
  type ItemOf,
  isFloat,
  isHalf,
  isIndex,
  wideDType,
} from './core/dtype.js';
export { EPILOGUE_ACTIVATIONS, EPILOGUE_OPERANDS, type Epilogue } from './core/epilogue.js';
export { type ErrorCode, HebbError } from './core/errors.js';
export { evaluator, makeTensor } from './core/evaluator.js';
export {
  apply,
  applyAll,
  type Cell,
  currentReader,
  type HostEffect,
  type KernelView,
  type Op,
  type Reader,
  type Spec,
  type VjpContext,
  withReader,
} from './core/op.js';
export { PassThrough } from './core/pass-through.js';
export {
  backend,
  checkAvailable,
  devices,
  memory,
  resetPeakMemory,
  setBackend,
  setDefaultDevice,
  setMemoryBudget,
  setThreads,
  threads,
  trimMemory,
} from './core/runtime.js';
export { keep, openScopes, scope, tensorsIn } from './core/scope.js';
export {
  broadcastShapes,
  checkShape,
  MAX_RANK,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from './core/shape.js';
export { sumTo } from './core/sum-to.js';
export { FUSED_INSTRUCTIONS, type Fused, type FusedInstruction, type FusedSums } from './ops/fused.js';
export * from './ops/index.js';
export { OPS } from './ops/table.js';
export {
  defaultGenerator,
  randomBernoulli,
  randomNormal,
  randomPermutation,
  randomTruncatedNormal,
  randomUniform,
  setSeed,
} from './random/default.js';
export { dropout } from './random/dropout.js';
export { Generator, type NormalOptions, type UniformOptions } from './random/generator.js';
export { type NestedArray, Tensor } from './tensor.js';
export { Variable, type VariableOptions, variableMoves } from './variable.js';
