import { disposedTensor, testErrors, testOp } from '@hebb/testing';
import { ones, softmaxCrossEntropy, type Tensor, tensor, zeros } from '../index.js';

const golden = new URL('../../golden/softmaxCrossEntropy.json', import.meta.url);

testOp(golden, 'softmaxCrossEntropy', ([logits, labels]: [Tensor, Tensor]) => softmaxCrossEntropy(logits, labels));

const labels = (...values: number[]) => tensor(values, { dtype: 'int32' });

testErrors({
  'label 5 of 3': [
    () => softmaxCrossEntropy(ones([2, 3]), labels(0, 5)),
    'range',
    'softmaxCrossEntropy',
    'label 5',
    '3',
    'row 1',
  ],
  'label -1': [() => softmaxCrossEntropy(ones([2, 3]), labels(-1, 0)), 'range', 'softmaxCrossEntropy', '-1'],
  'a large byte': [() => softmaxCrossEntropy(ones([1, 3]), tensor(Uint8Array.of(255))), 'range', '255'],
  'label 2^40': [() => softmaxCrossEntropy(ones([1, 3]), tensor(BigInt64Array.of(2n ** 40n))), 'range', String(2n ** 40n)],
  'labels of another length': [() => softmaxCrossEntropy(ones([2, 3]), labels(0)), 'shape', 'labels', '[2]', '[1]'],
  'labels of the rank of the logits': [() => softmaxCrossEntropy(ones([2, 3]), zeros([2, 3], 'int32')), 'shape', '[2, 3]'],
  'labels of bool': [() => softmaxCrossEntropy(ones([2, 3]), zeros([2], 'bool')), 'dtype', 'bool'],
  'probabilities of another shape': [() => softmaxCrossEntropy(ones([2, 3]), ones([2, 4])), 'shape', '[2, 3]', '[2, 4]'],
  'probabilities of another dtype': [() => softmaxCrossEntropy(ones([2, 3]), ones([2, 3], 'float64')), 'dtype', 'float64'],
  'scalar logits': [() => softmaxCrossEntropy(ones([]), labels(0)), 'shape', 'softmaxCrossEntropy:', 'float32 []'],
  'logits of integers': [() => softmaxCrossEntropy(ones([1, 2], 'int32'), labels(0)), 'dtype', 'int32'],
  'no classes': [() => softmaxCrossEntropy(zeros([2, 0]), labels(0, 0)), 'range', 'label 0'],
  'disposed logits': [() => softmaxCrossEntropy(disposedTensor([1, 2]), labels(0)), 'disposed', 'softmaxCrossEntropy:'],
  'disposed labels': [() => softmaxCrossEntropy(ones([1, 2]), disposedTensor([1], 'int32')), 'disposed', 'softmaxCrossEntropy:'],
});
