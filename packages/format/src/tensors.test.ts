import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HebbError, type Tensor, tensor, Variable, zeros } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, loadTensors, saveTensors } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-format-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

describe('saveTensors and loadTensors', () => {
  it('keep every dtype, shape and value', async () => {
    const values: Record<string, Tensor> = {
      float32: tensor([1.5, -2, Number.NaN, Number.POSITIVE_INFINITY]).reshape([2, 2]),
      float64: tensor(Float64Array.of(Math.PI, -0)),
      bfloat16: tensor([1, -3.140625, 1e30], { dtype: 'bfloat16' }),
      float16: tensor([1, -0.333251953125, 65504, 6e-8], { dtype: 'float16' }),
      int32: tensor(Int32Array.of(-(2 ** 31), 7)),
      int64: tensor(BigInt64Array.of(-(2n ** 63n), 2n ** 60n)),
      uint8: tensor(Uint8Array.of(0, 255)),
      bool: tensor([true, false, true]),
      scalar: tensor([5]).reshape([]),
      empty: zeros([0, 3]),
    };
    await saveTensors(file('all.hebb'), values, { metadata: { epoch: '3', ключ: '✓' } });
    const loaded = await loadTensors(file('all.hebb'));
    expect([...loaded.keys()]).toEqual(Object.keys(values));
    for (const [name, value] of loaded) {
      expect([name, value.dtype, value.shape]).toEqual([name, values[name].dtype, values[name].shape]);
      expect(value.dataSync()).toEqual(values[name].dataSync());
    }
    const header = await inspect(file('all.hebb'));
    expect(Object.fromEntries(header.metadata)).toEqual({ epoch: '3', ключ: '✓' });
    expect(header.sections.get('weights')?.get('float32')).toMatchObject({ dtype: 'float32', shape: [2, 2], byteLength: 16 });
    for (const info of header.sections.get('weights')?.values() ?? []) expect(info.offset % 64).toBe(0);
  });

  it('reads some of the tensors, and names those that are not there', async () => {
    await saveTensors(
      file('some.hebb'),
      new Map<string, Tensor | Variable>([
        ['a', tensor([1])],
        ['b', new Variable(tensor([2]))],
      ]),
    );
    expect([...(await loadTensors(file('some.hebb'), { names: ['b'] })).keys()]).toEqual(['b']);
    await expect(loadTensors(file('some.hebb'), { names: ['c'] })).rejects.toThrow(/"c"; there are "a", "b"/);
    await expect(loadTensors(file('some.hebb'), { section: 'optimizer' })).rejects.toThrow(/no section "optimizer"/);
  });

  it('takes names that are properties of objects', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'a/b:0', ' ', '✓'];
    await saveTensors(file('names.hebb'), new Map(names.map((name, i) => [name, tensor([i])])), {
      metadata: new Map([['__proto__', 'x']]),
    });
    const loaded = await loadTensors(file('names.hebb'));
    expect([...loaded].map(([name, value]) => [name, value.itemSync()])).toEqual(names.map((name, i) => [name, i]));
    expect((await inspect(file('names.hebb'))).metadata.get('__proto__')).toBe('x');
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('saves nothing at all', async () => {
    await saveTensors(file('nothing.hebb'), {});
    expect((await loadTensors(file('nothing.hebb'))).size).toBe(0);
  });

  it('saves a variable as it was when saving began', async () => {
    const variable = new Variable(tensor([1, 2]));
    const saving = saveTensors(file('variable.hebb'), { variable });
    variable.assign(tensor([3, 4]));
    await saving;
    expect([...((await loadTensors(file('variable.hebb'))).get('variable')?.dataSync() ?? [])]).toEqual([1, 2]);
  });

  it('writes and reads more than one piece', async () => {
    const big = Float32Array.from({ length: 5_000_000 }, (_, i) => i % 1000);
    await saveTensors(file('big.hebb'), { big: tensor(big), small: tensor([1]) });
    const loaded = (await loadTensors(file('big.hebb'))).get('big')?.dataSync() ?? new Float32Array(0);
    expect(Buffer.compare(Buffer.from(loaded.buffer), Buffer.from(big.buffer))).toBe(0);
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(loadTensors(file('big.hebb'), { signal: aborted })).rejects.toThrow('stop');
  });

  it('refuses bad arguments', async () => {
    await expect(saveTensors(file('x'), { '': tensor([1]) })).rejects.toThrow(/names/);
    await expect(saveTensors(file('x'), { '\ud800': tensor([1]) })).rejects.toThrow(/Unicode/);
    const metadata: Record<string, unknown> = { epoch: 3 };
    await expect(saveTensors(file('x'), {}, { metadata: metadata as Record<string, string> })).rejects.toThrow(/"epoch"/);
  });
});

describe('writing', () => {
  it('replaces a file at once, and leaves nothing beside it', async () => {
    await saveTensors(file('replace.hebb'), { a: tensor([1]) });
    await saveTensors(file('replace.hebb'), { a: tensor([2]) });
    expect((await loadTensors(file('replace.hebb'))).get('a')?.itemSync()).toBe(2);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the old file, and removes the temporary one, when it fails', async () => {
    await saveTensors(file('old.hebb'), { a: tensor([1]) });
    const before = await readFile(file('old.hebb'));
    const gone = tensor([2]);
    gone.dispose();
    await expect(saveTensors(file('old.hebb'), { a: tensor([1]), gone })).rejects.toMatchObject({ code: 'disposed' });
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(saveTensors(file('old.hebb'), { a: tensor([3]) }, { signal: aborted })).rejects.toThrow('stop');
    expect(await readFile(file('old.hebb'))).toEqual(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('writes through a symbolic link', async () => {
    await writeFile(file('target.hebb'), 'old');
    await symlink(file('target.hebb'), file('link.hebb'));
    await saveTensors(file('link.hebb'), { a: tensor([1]) });
    expect((await loadTensors(file('target.hebb'))).size).toBe(1);
    expect((await stat(file('link.hebb'))).isFile()).toBe(true);
  });

  it('fails with a typed error where it cannot write', async () => {
    for (const path of [file('missing/x.hebb'), folder, '/dev/null']) {
      const error: unknown = await saveTensors(path, { a: tensor([1]) }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(HebbError);
      expect(error).toMatchObject({ code: 'file' });
    }
  });
});
