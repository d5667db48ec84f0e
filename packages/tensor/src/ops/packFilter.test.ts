import { describe, expect, it } from 'vitest';
import { apply } from '../core/op.js';
import { ones } from '../index.js';
import { packFilterOp } from './packFilter.js';
import { windowOf } from './window.js';

describe('packed filters', () => {
  // The engine leaves zeros where they do not fit; a panel of its widest vectors is 64 filters.
  it.each([32, 64, 80, 96, 128])('have room for %i filters of 3 × 3', (k) => {
    const image = ones([2, 16, 16, 32]);
    const window = windowOf('conv2d', image, [3, 3], { padding: 1 }, 1);
    const packed = apply(packFilterOp, [ones([k, 3, 3, 32])], { window, groups: 1, image: image.shape });
    expect(packed.abs().max().itemSync()).toBeGreaterThan(0);
  });
});
