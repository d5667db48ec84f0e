export { checkOp, type OpCheck, type Outputs } from './checkOp.js';
export { close, expectClose, TOLERANCES, type Tolerance } from './compare.js';
export { hasCuda, presentDevices } from './devices.js';
export { expectHebbError, expectHebbRejection } from './errors.js';
export { fromGolden, type GoldenCase, type GoldenTensor, goldenCases } from './golden.js';
export { philoxBlock } from './philox.js';
export { callWithWeights, substituting, type Weighted } from './substitute.js';
export { disposedTensor, type ErrorCase, testErrors } from './testErrors.js';
export { type OpTestOptions, testOp } from './testOp.js';
