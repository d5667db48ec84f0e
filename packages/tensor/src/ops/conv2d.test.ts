import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { type Conv2dOptions, conv2d, type DType, ones, type Tensor } from '../index.js';

const golden = new URL('../../golden/conv2d.json', import.meta.url);

testOp(golden, 'conv2d', ([x, w, bias]: readonly Tensor[], options: Conv2dOptions<DType>) => conv2d(x, w, { ...options, bias }));

const x = () => ones([1, 5, 5, 4]);
const w = () => ones([6, 3, 3, 4]);
const bad = (options: string) => () => conv2d(x(), w(), JSON.parse(options));

testErrors({
  'images of rank 3': [() => conv2d(ones([5, 5, 4]), w()), 'shape', 'conv2d:', 'rank 4', '[5, 5, 4]'],
  'weights of rank 2': [() => conv2d(x(), ones([3, 3])), 'shape', 'conv2d:', 'weights', '[3, 3]'],
  'other channels': [() => conv2d(x(), ones([6, 3, 3, 3])), 'shape', 'conv2d:', '[6, 3, 3, 3]', '[1, 5, 5, 4]'],
  'groups that do not divide the outputs': [() => conv2d(x(), ones([3, 3, 3, 2]), { groups: 2 }), 'shape', 'conv2d:', '2 groups'],
  'groups that do not divide the inputs': [() => conv2d(x(), w(), { groups: 3 }), 'shape', 'conv2d:', '3 groups'],
  'no groups': [() => conv2d(x(), w(), { groups: 0 }), 'range', 'conv2d:', 'groups', '0'],
  'a window larger than the image': [() => conv2d(x(), ones([1, 6, 6, 4])), 'shape', 'conv2d:', '6×6', '[1, 5, 5, 4]'],
  'a dilated window larger than the image': [() => conv2d(x(), w(), { dilation: 3 }), 'shape', 'conv2d:', '3×3', 'dilation 3'],
  'a stride of 0': [() => conv2d(x(), w(), { stride: 0 }), 'range', 'conv2d:', 'stride', '0'],
  'a fractional stride': [() => conv2d(x(), w(), { stride: [1, 1.5] }), 'range', 'conv2d:', 'stride', '1.5'],
  'a dilation of 0': [() => conv2d(x(), w(), { dilation: 0 }), 'range', 'conv2d:', 'dilation', '0'],
  'negative padding': [() => conv2d(x(), w(), { padding: -1 }), 'range', 'conv2d:', 'padding', '-1'],
  'padding of another name': [bad('{"padding":"full"}'), 'argument', 'conv2d:', 'full'],
  'a bias of another length': [() => conv2d(x(), w(), { bias: ones([4]) }), 'shape', 'conv2d:', 'bias', '[6]', '[4]'],
  'two dtypes': [() => conv2d<DType>(x(), ones([6, 3, 3, 4], 'float64')), 'dtype', 'conv2d:', 'float32', 'float64'],
  integers: [() => conv2d(ones([1, 3, 3, 1], 'int32'), ones([1, 1, 1, 1], 'int32')), 'dtype', 'conv2d:', 'int32'],
  'disposed images': [() => conv2d(disposedTensor([1, 5, 5, 4]), w()), 'disposed', 'conv2d:'],
  'disposed weights': [() => conv2d(x(), disposedTensor([6, 3, 3, 4])), 'disposed', 'conv2d:'],
});
