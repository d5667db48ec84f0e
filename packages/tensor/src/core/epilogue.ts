import { HebbError } from './errors.js';

/** What a product or a convolution may do to its output before it leaves the cache, in the order of the kernels' codes. */
export const EPILOGUE_ACTIVATIONS = [
  ...(['none', 'relu', 'tanh', 'sigmoid', 'gelu', 'geluTanh', 'silu'] as const),
  ...(['reluGrad', 'tanhGrad', 'sigmoidGrad'] as const),
] as const;
/** Operands after the first two, in the order in which they stand. */
export const EPILOGUE_OPERANDS = ['bias', 'residual', 'packed'] as const;

/**
 * Compiled steps give one to conv2d and matmul: y = activation(op(…) + bias + residual), or the gradient of an activation
 * gradient(op(…) + bias, residual). There is no gradient through it.
 */
export interface Epilogue {
  readonly activation: (typeof EPILOGUE_ACTIVATIONS)[number];
  /** The operands that are there; a subset of `EPILOGUE_OPERANDS`, in its order. */
  readonly operands: readonly (typeof EPILOGUE_OPERANDS)[number][];
}

/** An epilogue as the kernels take it. */
export function epilogueAttributes(epilogue: Epilogue | undefined): number[] {
  if (!epilogue) return [];
  const bits = epilogue.operands.map((name) => 1 << EPILOGUE_OPERANDS.indexOf(name));
  return [EPILOGUE_ACTIVATIONS.indexOf(epilogue.activation), bits.reduce((sum, bit) => sum + bit, 0)];
}

/** Whether the third operand is a bias. */
export function hasBias(epilogue: Epilogue | undefined): boolean {
  return epilogue?.operands[0] === 'bias' || !epilogue;
}

/** Refuses to differentiate through an epilogue: it only comes after gradients were taken. */
export function checkNoEpilogue(op: string, epilogue: Epilogue | undefined): void {
  if (epilogue) throw new HebbError('internal', `${op}: there is no gradient through an epilogue.`);
}
