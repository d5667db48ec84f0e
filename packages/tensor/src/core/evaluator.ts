import type { Tensor } from '../tensor.js';
import type { Backend } from './backend.js';
import { deviceOf, twoDevices } from './check.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { HebbError } from './errors.js';
import { type Cell, type Op, type Reader, type Spec, setBaseReader, withReader } from './op.js';
import { backend } from './runtime.js';
import { adopt } from './scope.js';
import type { Shape } from './shape.js';
import { disposedError, TensorCore } from './tensor-core.js';

type TensorClass = new <D extends DType>(dtype: D, shape: Shape, handle: number, device: Device) => Tensor<D>;

let Class: TensorClass;
const NONE: readonly number[] = [];

/** Tells the evaluator what to make. The class with all its methods is above the ops, and the ops above the evaluator. */
export function setTensorClass(tensorClass: TensorClass): void {
  Class = tensorClass;
}

/** A tensor over a new buffer, owned by the current scope. */
export function makeTensor<D extends DType>(dtype: D, shape: Shape, handle: number, device: Device): Tensor<D> {
  const tensor = new Class(dtype, shape, handle, device);
  adopt(tensor);
  return tensor;
}

/** A tensor that no scope frees and no token watches: its owner disposes of it. */
export function makeOwned<D extends DType>(dtype: D, shape: Shape, handle: number, device: Device): Tensor<D> {
  const tensor = new Class(dtype, shape, handle, device);
  tensor.kept = true;
  return tensor;
}

/** Another tensor over the same memory. */
export function shareMemory<D extends DType>(tensor: Tensor<D>, shape: Shape): Tensor<D> {
  const handle = tensor.liveHandle('reshape');
  backend().retain(handle);
  return makeTensor(tensor.dtype, shape, handle, tensor.device);
}

/** The reader at the bottom of every stack: runs the op now. */
export const evaluator: Reader = {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    // The check of `deviceOf` in the same pass: this is every op's way.
    let device: Device | undefined;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (!(input?.handle > 0)) throw unusable(op.name, input);
      if (device === undefined) device = input.device;
      else if (input.device !== device) throw twoDevices(op.name, inputs[0], input);
    }
    if (op.compose) return composed(op.compose, inputs, attributes);
    const specs = op.infer(inputs, attributes);
    if (op.alias) return [shareMemory(inputs[0], specs[0].shape)];
    return runKernel(op, inputs, specs, attributes, device ?? deviceOf(op, inputs, attributes));
  },
  read(cell: Cell): Tensor {
    const value = cell.peek();
    return shareMemory(value, value.shape);
  },
  assign: (cell: Cell, value: Tensor) => cell.store(value),
  onRun: (effect) => void effect(),
  dependsOn: () => {},
};
setBaseReader(evaluator);

/** Why an operand cannot be used: it was disposed, or it is no tensor, which JavaScript lets through. */
function unusable(op: string, operand: unknown): HebbError {
  if (operand instanceof TensorCore) return disposedError(op, operand);
  const received = typeof operand === 'object' && operand !== null ? `a ${operand.constructor?.name}` : String(operand);
  return new HebbError(
    'argument',
    `${op}: expected a tensor, received ${received}; use tensor(values), or the value of a Variable, as in weight.value.`,
  );
}

function composed<A>(compose: NonNullable<Op<A>['compose']>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
  const outputs = withReader(evaluator, () => compose(inputs, attributes));
  // Tapes tell tensors apart by identity: an output that was there before gets one of its own.
  return outputs.map((output) => (output.holds > 0 || inputs.includes(output) ? shareMemory(output, output.shape) : output));
}

function runKernel<A>(
  op: Op<A>,
  inputs: readonly Tensor[],
  specs: readonly Spec[],
  attributes: A,
  device: Device,
): readonly Tensor[] {
  const target = backend();
  const kernel = op.kernel ?? resolve(op, target);
  const outputs = new Array<Tensor>(specs.length);
  for (let i = 0; i < specs.length; i++) outputs[i] = new Class(specs[i].dtype, specs[i].shape, 0, device);
  if (op.view) {
    const view = op.view(inputs, specs, attributes);
    target.run(kernel, inputs, outputs, view.attributes ?? NONE, view.inputs, view.outputs);
  } else {
    target.run(kernel, inputs, outputs, NONE);
  }
  for (let i = 0; i < outputs.length; i++) adopt(outputs[i]);
  return outputs;
}

function resolve<A>(op: Op<A>, target: Backend): number {
  const kernel = target.kernels.indexOf(op.name);
  if (kernel < 0) throw new HebbError('unsupported', `${op.name}: this backend has no such kernel.`);
  op.kernel = kernel;
  return kernel;
}
