import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor, Variable } from '@hebb/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, loadWeights, saveWeights } from './index.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-weights-'));
  path = join(folder, 'model.hebb');
  await saveWeights(path, model([1, 2], [3]), { optimizer: optimizer([0.5, 0.5]), metadata: { epoch: '1' } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const model = (kernel: number[], bias: number[]) => ({
  variables: [new Variable(tensor(kernel), { name: 'dense/kernel' }), new Variable(tensor(bias), { name: 'dense/bias' })],
});
const optimizer = (slot: number[]) => ({ variables: [new Variable(tensor(slot), { name: 'SGD/dense/kernel/momentum' })] });
const values = ({ variables }: { variables: readonly Variable[] }) =>
  variables.map((variable) => Array.from(variable.value.dataSync(), Number));

describe('saveWeights and loadWeights', () => {
  it('restore a model and its optimizer', async () => {
    const [net, state] = [model([0, 0], [0]), optimizer([0, 0])];
    await loadWeights(path, net, { optimizer: state });
    expect(values(net)).toEqual([[1, 2], [3]]);
    expect(values(state)).toEqual([[0.5, 0.5]]);
    expect([...(await inspect(path)).sections.keys()]).toEqual(['weights', 'optimizer']);
  });

  it('restore the model alone', async () => {
    const net = model([0, 0], [0]);
    await loadWeights(path, net);
    expect(values(net)).toEqual([[1, 2], [3]]);
  });

  it('build the optimizer first', async () => {
    const slots: Variable[] = [];
    const late = {
      variables: slots,
      build: (parameters: readonly Variable[]) =>
        slots.push(new Variable(tensor([0, 0]), { name: `SGD/${parameters[0].name}/momentum` })),
    };
    await loadWeights(path, model([0, 0], [0]), { optimizer: late });
    expect(values(late)).toEqual([[0.5, 0.5]]);
  });

  it('change nothing if anything differs', async () => {
    const cases: [{ variables: Variable[] }, RegExp][] = [
      [model([0, 0], [0, 0]), /"dense\/bias": expected float32 \[2\], received float32 \[1\]/],
      [{ variables: [...model([0, 0], [0]).variables, new Variable(tensor([1]), { name: 'more' })] }, /not in the file: "more"/],
      [{ variables: model([0, 0], [0]).variables.slice(0, 1) }, /not expected: "dense\/bias"/],
      [
        { variables: [model([0, 0], [0]).variables[0], new Variable(tensor(Int32Array.of(0)), { name: 'dense/bias' })] },
        /expected int32 \[1\], received float32 \[1\]/,
      ],
    ];
    for (const [net, message] of cases) {
      const before = values(net);
      await expect(loadWeights(path, net)).rejects.toThrow(message);
      expect(values(net)).toEqual(before);
    }
    const net = model([0, 0], [0]);
    await expect(loadWeights(path, net, { optimizer: optimizer([0]) })).rejects.toThrow(/momentum/);
    expect(values(net)).toEqual([[0, 0], [0]]);
  });

  it('refuse variables that share a name, and an optimizer that was not saved', async () => {
    const twice = { variables: [new Variable(tensor([1])), new Variable(tensor([1]))] };
    await expect(saveWeights(join(folder, 'x'), twice)).rejects.toMatchObject({ code: 'argument' });
    await expect(loadWeights(path, twice)).rejects.toMatchObject({ code: 'argument' });
    const plain = join(folder, 'plain.hebb');
    await saveWeights(plain, model([1, 2], [3]));
    await expect(loadWeights(plain, model([0, 0], [0]), { optimizer: optimizer([0, 0]) })).rejects.toThrow(
      /no section "optimizer"/,
    );
  });
});
