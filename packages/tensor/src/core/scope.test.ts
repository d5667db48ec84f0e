import { expectHebbError, memoryWithoutGarbage } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { keep, memory, ones, openScopes, scope, type Tensor, tensorsIn, Variable } from '../index.js';

const count = () => memory().tensors;

describe('scope', () => {
  it('frees what does not leave', () => {
    const before = memoryWithoutGarbage().tensors;
    // Numbers as operands would leave constants behind, for reuse.
    const y = scope(() =>
      ones([3])
        .add(ones([3]))
        .neg()
        .neg(),
    );
    expect(count()).toBe(before + 1);
    expect([...y.dataSync()]).toEqual([2, 2, 2]);
    y.dispose();
    expect(count()).toBe(before);
  });

  it('hands tensors from the inner to the outer', () => {
    let inner: Tensor | undefined;
    let kept: Tensor | undefined;
    const before = memoryWithoutGarbage().tensors;
    scope(() => {
      inner = scope(() => {
        kept = keep(ones([1]));
        return ones([2]);
      });
      expect(inner.disposed).toBe(false);
      expect(openScopes()).toBe(1);
    });
    expect(inner?.disposed).toBe(true);
    expect(kept?.disposed).toBe(false);
    kept?.dispose();
    expect(count()).toBe(before);
  });

  it('lets tensors leave in any structure', () => {
    const before = memoryWithoutGarbage().tensors;
    const result = scope(() => {
      ones([9]);
      const shared = ones([1]);
      return { list: [ones([2]), [ones([3])]], map: new Map([['a', ones([4])]]), set: new Set([shared]), again: shared, n: 3 };
    });
    const found = tensorsIn(result);
    expect(new Set(found).size).toBe(4);
    expect(found.every((tensor) => !tensor.disposed)).toBe(true);
    for (const tensor of found) tensor.dispose();
    expect(count()).toBe(before);
  });

  it('follows cycles once', () => {
    const result = scope(() => {
      const node: { tensor: Tensor; self?: unknown } = { tensor: ones([1]) };
      node.self = node;
      return node;
    });
    expect(result.tensor.disposed).toBe(false);
    result.tensor.dispose();
  });

  it('frees on exceptions', () => {
    const before = memoryWithoutGarbage().tensors;
    expect(() =>
      scope(() => {
        ones([2]);
        scope(() => {
          ones([3]);
          throw new Error('stop');
        });
      }),
    ).toThrow('stop');
    expect(count()).toBe(before);
    expect(openScopes()).toBe(0);
  });

  it('refuses promises, and frees', () => {
    const before = memoryWithoutGarbage().tensors;
    expectHebbError(() => scope(async () => ones([2])), 'argument', 'scope:', 'promise', 'await');
    expect(count()).toBe(before);
  });

  it('leaves tensors from outside alone', () => {
    const x = ones([2]);
    scope(() => x);
    scope(() => x.add(1));
    expect(x.disposed).toBe(false);
    expect(scope(() => x)).toBe(x);
    x.dispose();
  });

  it('minds tensors disposed inside', () => {
    const before = memoryWithoutGarbage().tensors;
    const gone = scope(() => {
      const x = ones([2]);
      x.dispose();
      return x;
    });
    expect(gone.disposed).toBe(true);
    expect(count()).toBe(before);
  });

  it('does not free the values of variables', () => {
    const v = scope(() => new Variable(ones([2])));
    scope(() => v.assign(v.value.add(1)));
    expect([...scope(() => v.value.add(0)).dataSync()]).toEqual([2, 2]);
    v.dispose();
  });

  it('copes with many tensors', () => {
    const before = memoryWithoutGarbage().tensors;
    scope(() => {
      for (let i = 0; i < 20_000; i++) ones([1]);
    });
    expect(count()).toBe(before);
  });
});

describe('dispose', () => {
  it('may be called twice', () => {
    const before = memoryWithoutGarbage().tensors;
    const x = ones([2]);
    x.dispose();
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(String(x)).toContain('disposed');
    expect(count()).toBe(before);
  });

  it('works with using', () => {
    const before = memoryWithoutGarbage().tensors;
    {
      using x = ones([2]);
      expect(x.disposed).toBe(false);
    }
    expect(count()).toBe(before);
  });

  it('makes reading an error', async () => {
    const x = ones([2]);
    x.dispose();
    expectHebbError(() => x.dataSync(), 'disposed', 'data:', 'float32', '[2]', 'keep');
    await expect(x.data()).rejects.toMatchObject({ code: 'disposed' });
    expectHebbError(() => x.toArray(), 'disposed');
    expectHebbError(() => new Variable(x), 'disposed', 'Variable:');
  });
});
