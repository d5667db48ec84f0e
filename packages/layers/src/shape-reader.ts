import { type Cell, deviceOf, type Op, type Reader, Tensor, withReader } from '@hebb/tensor';

/** A reader that works out shapes and dtypes and computes nothing: its tensors have no memory. */
export const shapeReader: Reader = {
  apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
    const { compose } = op;
    if (compose) return withReader(shapeReader, () => compose(inputs, attributes));
    const device = deviceOf(op, inputs, attributes);
    return op.infer(inputs, attributes).map(({ dtype, shape }) => new Tensor(dtype, shape, 0, device));
  },
  read: (cell: Cell) => {
    const { dtype, shape, device } = cell.peek();
    return new Tensor(dtype, shape, 0, device);
  },
  assign: () => {},
  onRun: () => {},
  dependsOn: () => {},
};
