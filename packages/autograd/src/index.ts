export { stopGradient } from '@hebb/tensor';
export { checkpoint } from './checkpoint.js';
export { customGradient, type WithGradient } from './customGradient.js';
export { type GradCheckOptions, gradCheck } from './gradCheck.js';
export { type Gradients, grad, type Source, type ValueAndGrad, valueAndGrad } from './gradients.js';
export { Tape } from './tape.js';
