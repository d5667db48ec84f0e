import { disposedTensor, type OpTestOptions, testErrors, testOp } from '@hebb/testing';
import {
  type AdamUpdate,
  adamUpdate,
  type DType,
  ones,
  type SgdUpdate,
  scalar,
  sgdUpdate,
  type Tensor,
  zerosLike,
} from '../index.js';

const golden = new URL('../../golden/update.json', import.meta.url);
interface Rate {
  learningRate: number;
}

// Parameters in 16 bits are refused.
const options: OpTestOptions = { dtypes: ['float32', 'float64'] };

testOp(
  golden,
  'sgdUpdate',
  ([start, ...gradients]: Tensor[], { learningRate, ...settings }: SgdUpdate & Rate) => {
    const rate = scalar(learningRate, start);
    let parameter = start;
    let slot = settings.momentum > 0 ? zerosLike(start) : undefined;
    return gradients.map((gradient) => {
      [parameter, slot] = sgdUpdate(parameter, gradient, rate, slot, settings);
      return parameter;
    });
  },
  options,
);

testOp(
  golden,
  'adamUpdate',
  ([start, ...gradients]: Tensor[], { learningRate, ...settings }: AdamUpdate & Rate) => {
    const rate = scalar(learningRate, start);
    let [parameter, first, second] = [start, zerosLike(start), zerosLike(start)];
    return gradients.map((gradient, i) => {
      [parameter, first, second] = adamUpdate(parameter, gradient, first, second, rate, scalar(i + 1, start), settings);
      return parameter;
    });
  },
  options,
);

const plain: SgdUpdate = { momentum: 0.9, nesterov: false, weightDecay: 0 };
const adam: AdamUpdate = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false };
const p = () => ones([3]);
const one = () => scalar(1);

testErrors({
  'sgd: a gradient of another shape': [
    () => sgdUpdate(p(), ones([2]), one(), undefined, plain),
    'shape',
    'sgdUpdate:',
    '[3]',
    '[2]',
  ],
  'sgd: a slot of another shape': [() => sgdUpdate(p(), p(), one(), ones([4]), plain), 'shape', 'sgdUpdate:', '[3]', '[4]'],
  'sgd: a rate that is no scalar': [
    () => sgdUpdate(p(), p(), ones([1]), undefined, plain),
    'shape',
    'sgdUpdate:',
    'learning rate',
    '[1]',
  ],
  'sgd: two dtypes': [
    () => sgdUpdate<DType>(p(), ones([3], 'float64'), one(), undefined, plain),
    'dtype',
    'sgdUpdate:',
    'float64',
  ],
  'sgd: integers': [
    () => sgdUpdate(ones([3], 'int32'), ones([3], 'int32'), scalar(1, 'int32'), undefined, plain),
    'dtype',
    'sgdUpdate:',
    'int32',
  ],
  'sgd: a disposed parameter': [() => sgdUpdate(disposedTensor([3]), p(), one(), undefined, plain), 'disposed', 'sgdUpdate:'],
  'adam: a moment of another shape': [
    () => adamUpdate(p(), p(), ones([2]), p(), one(), one(), adam),
    'shape',
    'adamUpdate:',
    '[2]',
  ],
  'adam: a step that is no scalar': [
    () => adamUpdate(p(), p(), p(), p(), one(), p(), adam),
    'shape',
    'adamUpdate:',
    'step',
    '[3]',
  ],
  'adam: a step of another dtype': [
    () => adamUpdate<DType>(p(), p(), p(), p(), one(), scalar(1, 'int64'), adam),
    'dtype',
    'adamUpdate:',
    'int64',
  ],
  'adam: a disposed moment': [
    () => adamUpdate(p(), p(), disposedTensor([3]), p(), one(), one(), adam),
    'disposed',
    'adamUpdate:',
  ],
});
