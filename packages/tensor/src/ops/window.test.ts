import { expect, it } from 'vitest';
import { ones } from '../index.js';
import { outputSize, windowOf } from './window.js';

const image = (height: number, width: number) => ones([1, height, width, 1]);

it('pads "same" at the bottom and right first', () => {
  expect(windowOf('test', image(5, 6), [2, 3], { padding: 'same' }, 1).padding).toEqual([0, 1, 1, 1]);
  expect(windowOf('test', image(5, 6), [3, 3], { padding: 'same', stride: 2 }, 1).padding).toEqual([1, 1, 0, 1]);
  expect(windowOf('test', image(5, 5), [1, 1], { padding: 'same', stride: 3 }, 1).padding).toEqual([0, 0, 0, 0]);
});

it.each([1, 2, 3, 4])('gives ⌈size / stride⌉ for "same", stride %i', (stride) => {
  for (const size of [1, 4, 5, 7]) {
    for (const kernel of [1, 2, 3, 5]) {
      for (const dilation of [1, 2]) {
        const x = image(size, size);
        const window = windowOf('test', x, [kernel, kernel], { padding: 'same', stride, dilation }, 1);
        expect(outputSize('test', x, window)).toEqual([Math.ceil(size / stride), Math.ceil(size / stride)]);
      }
    }
  }
});

it('takes one number, a pair, or a pair for each axis', () => {
  expect(windowOf('test', image(5, 5), [3, 3], { padding: 1 }, 1).padding).toEqual([1, 1, 1, 1]);
  expect(windowOf('test', image(5, 5), [3, 3], { padding: [1, 2] }, 1).padding).toEqual([1, 1, 2, 2]);
  expect(
    windowOf(
      'test',
      image(5, 5),
      [3, 3],
      {
        padding: [
          [1, 2],
          [3, 4],
        ],
      },
      1,
    ).padding,
  ).toEqual([1, 2, 3, 4]);
});
