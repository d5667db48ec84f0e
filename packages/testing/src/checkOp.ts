import { type GradCheckOptions, gradCheck, valueAndGrad } from '@hebb/autograd';
import { concat, type Device, type DType, isFloat, isHalf, ones, scope, type Tensor, zeros } from '@hebb/tensor';
import { expectClose, TOLERANCES, type Tolerance } from './compare.js';
import { presentDevices } from './devices.js';
import { fromGolden, type GoldenCase } from './golden.js';

export type Outputs = Tensor | readonly Tensor[];

export interface OpCheck<I extends readonly Tensor[], A> {
  /** Calls the op. */
  fn: (inputs: I, attributes: A) => Outputs;
  /** What PyTorch computed. */
  golden: GoldenCase<A>;
  /** Float dtypes to compute in, for a case with "float" operands; default: all four. */
  dtypes?: readonly DType[];
  /** Where to compute; default: on every device that is present. */
  devices?: readonly Device[];
  /** Overrides of the tolerances of a dtype. Say why next to them. */
  tolerance?: Partial<Record<DType, Partial<Tolerance>>>;
  /** Overrides of the tolerances of the finite differences. */
  differences?: GradCheckOptions;
  /** Whether second derivatives are checked too; default true. */
  second?: boolean;
}

/**
 * Checks one call of an op, on every device and in every dtype: values, shapes and dtypes of the outputs and the gradients against PyTorch.
 * In 16 bits inputs are other numbers than PyTorch's, rounded: there the op is compared with itself in float64 on the CPU, of those numbers.
 * Then, on the CPU in float64 and where the case is smooth, the gradients and their gradients against finite differences.
 *
 * @throws Error or HebbError saying what differs
 */
export function checkOp<I extends readonly Tensor[], A>(check: OpCheck<I, A>): void {
  const { golden, dtypes = ['float32', 'float64', 'bfloat16', 'float16'], devices = presentDevices() } = check;
  const isGeneral = [...golden.inputs, ...golden.outputs].some(({ dtype }) => dtype === 'float');
  for (const device of devices) {
    for (const dtype of isGeneral ? dtypes : (['float32'] as const)) {
      scope(() => {
        if (isHalf(dtype)) return checkHalf(check, dtype, device);
        checkValues(check, dtype, device);
        if (golden.gradients) checkGradients(check, dtype, device);
      });
    }
  }
  // They check the rule, which is the same on every device.
  if (!devices.includes('cpu')) return;
  if (golden.gradients && golden.smooth && isGeneral) scope(() => checkDifferences(check));
}

function inputsOf<I extends readonly Tensor[], A>({ golden }: OpCheck<I, A>, float: DType, device: Device): I {
  return golden.inputs.map((input) => fromGolden(input, float, device)) as readonly Tensor[] as I;
}

function checkValues<I extends readonly Tensor[], A>(check: OpCheck<I, A>, float: DType, device: Device): void {
  const { fn, golden } = check;
  const outputs = listOf(fn(inputsOf(check, float, device), golden.attributes));
  if (outputs.length !== golden.outputs.length)
    throw new Error(`Expected ${golden.outputs.length} outputs, received ${outputs.length}.`);
  golden.outputs.forEach((expected, i) => {
    if (outputs[i].device !== device)
      throw new Error(`output ${i}: expected it on ${device}, received it on ${outputs[i].device}.`);
    compare(check, outputs[i], fromGolden(expected, float), `output ${i}`);
  });
}

function checkGradients<I extends readonly Tensor[], A>(check: OpCheck<I, A>, float: DType, device: Device): void {
  const { golden } = check;
  const inputs = inputsOf(check, float, device);
  const gradients = gradientsOf(check, inputs, float);
  golden.gradients?.forEach((expected, i) => {
    if (expected) compare(check, gradients.get(inputs[i]) as Tensor, fromGolden(expected, float), `gradient of input ${i}`);
  });
}

/**
 * Values and gradients in 16 bits against float64 of the same inputs and cotangents. A gradient is made by several ops, each of which rounds,
 * and where terms cancel the rounding of the larger ones stays: it is measured against its largest element.
 */
function checkHalf<I extends readonly Tensor[], A>(check: OpCheck<I, A>, half: DType, device: Device): void {
  const { fn, golden } = check;
  const inputs = inputsOf(check, half, device);
  const exact = golden.inputs.map((input, i) => {
    const rounded = inputs[i].to('cpu');
    return input.dtype === 'float' ? rounded.cast('float64') : rounded;
  }) as readonly Tensor[] as I;
  const limits = { ...TOLERANCES[half], ...check.tolerance?.[half] };

  const outputs = listOf(fn(inputs, golden.attributes));
  const references = listOf(fn(exact, golden.attributes));
  golden.outputs.forEach(({ dtype }, i) => {
    const general = dtype === 'float';
    // Statistics and losses are float32 beside 16-bit operands.
    const allowed = general ? [half, 'float32'] : [dtype];
    if (!allowed.includes(outputs[i].dtype))
      throw new Error(`output ${i}: expected dtype ${allowed.join(' or ')}, received ${outputs[i].dtype}.`);
    const expected = references[i].cast(outputs[i].dtype);
    expectClose(outputs[i], expected, { ...(general && limits), what: `output ${i} (${half})` });
  });
  if (!golden.gradients) return;
  const gradients = gradientsOf(check, inputs, half);
  const slopes = gradientsOf(check, exact, half);
  golden.gradients.forEach((expected, i) => {
    if (!expected) return;
    const atol = Math.max(limits.atol, limits.rtol * largest(slopes.get(exact[i]) as Tensor));
    const slope = (slopes.get(exact[i]) as Tensor).cast(inputs[i].dtype);
    expectClose(gradients.get(inputs[i]) as Tensor, slope, { ...limits, atol, what: `gradient of input ${i} (${half})` });
  });
}

/** The largest magnitude of what is finite. */
function largest(x: Tensor): number {
  return Math.max(0, ...x.cast('float64').dataSync().map(Math.abs).filter(Number.isFinite));
}

function compare<I extends readonly Tensor[], A>(
  { tolerance }: OpCheck<I, A>,
  received: Tensor,
  expected: Tensor,
  name: string,
): void {
  const limits = { ...TOLERANCES[expected.dtype], ...tolerance?.[expected.dtype] };
  expectClose(received, expected, { ...limits, what: `${name} (${expected.dtype})` });
}

/** Gradients of Σ outputs·cotangents with respect to the float inputs; cotangents are rounded to `float`. */
function gradientsOf<I extends readonly Tensor[], A>(
  { fn, golden }: OpCheck<I, A>,
  inputs: I,
  float: DType,
): ReadonlyMap<Tensor, Tensor> {
  const loss = () => weighted(listOf(fn(inputs, golden.attributes)), golden, float);
  return valueAndGrad(
    loss,
    inputs.filter((input) => isFloat(input.dtype)),
  ).grads;
}

function weighted<A>(outputs: readonly Tensor[], { cotangents = [] }: GoldenCase<A>, float: DType): Tensor {
  const terms = outputs.flatMap((output, i) => {
    const cotangent = cotangents[i];
    return cotangent ? [output.mul(fromGolden(cotangent, float, output.device).cast(output.dtype)).sum()] : [];
  });
  return terms.reduce((total, term) => total.add(term.cast(total.dtype)), zeros([], terms[0]));
}

/** Gradients, and gradients of gradients, against finite differences. */
function checkDifferences<I extends readonly Tensor[], A>(check: OpCheck<I, A>): void {
  const { fn, golden, differences, second = true } = check;
  const inputs = inputsOf(check, 'float64', 'cpu');
  const floats = inputs.filter((input): input is Tensor<'float64'> => input.dtype === 'float64');
  /** All inputs, with others in place of the float ones. */
  const substituted = (xs: readonly Tensor[]): I => {
    let next = 0;
    return inputs.map((input) => (input.dtype === 'float64' ? xs[next++] : input)) as readonly Tensor[] as I;
  };
  const outputs = (...xs: Tensor[]) => flat(listOf(fn(substituted(xs), golden.attributes)).filter(({ dtype }) => isFloat(dtype)));
  gradCheck(outputs, floats, differences);
  if (!second) return;
  const slopes = (...xs: Tensor[]) => {
    const { grads } = valueAndGrad(() => weighted(listOf(fn(substituted(xs), golden.attributes)), golden, 'float64'), xs);
    return flat(xs.map((x) => grads.get(x) as Tensor));
  };
  gradCheck(slopes, floats, differences);
}

function flat(tensors: readonly Tensor[]): Tensor {
  // A factor of one keeps an input that is its own output apart from it.
  return concat(tensors.map((tensor) => tensor.mul(ones([], tensor)).reshape([tensor.size])));
}

function listOf(outputs: Outputs): readonly Tensor[] {
  return Array.isArray(outputs) ? outputs : [outputs as Tensor];
}
