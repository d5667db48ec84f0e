import { testErrors } from '@hebb/testing';
import { it } from 'vitest';
import { checkFits } from './values.js';

it('lets through what fits', () => {
  checkFits('test', 255, 'uint8');
  checkFits('test', -(2 ** 31), 'int32');
  checkFits('test', Number.MIN_SAFE_INTEGER, 'int64');
  checkFits('test', Number.NaN, 'float32');
  checkFits('test', 1e300, 'bfloat16');
});

testErrors({
  'below the bytes': [() => checkFits('test', -1, 'uint8'), 'range', 'test:', 'uint8', '-1'],
  'past the safe integers': [() => checkFits('test', 2 ** 53, 'int64'), 'range', 'int64'],
  infinite: [() => checkFits('test', Infinity, 'int32'), 'range', 'Infinity'],
});
