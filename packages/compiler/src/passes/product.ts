import { type Epilogue, sameShape } from '@hebb/tensor';
import type { Node, Value } from '../graph.js';

/** Whether a node is a product or convolution that may have an epilogue. */
export function isProduct({ op, attributes }: Node): boolean {
  // Operands of an epilogue have the dtype of the others, and a wide product has not.
  return op.name === 'conv2d' || (op.name === 'matmul' && !(attributes as { wide?: boolean }).wide);
}

/** The epilogue of a product; one that has only its bias where there is none yet. */
export function epilogueOf({ inputs, attributes }: Node): Epilogue {
  const { epilogue } = attributes as { epilogue?: Epilogue };
  return epilogue ?? { activation: 'none', operands: inputs.length > 2 ? ['bias'] : [] };
}

/** Whether a value can be the bias of a product with this output. */
export function isBias(value: Value, output: Value): boolean {
  return value.dtype === output.dtype && sameShape(value.shape, output.shape.slice(-1));
}
