import { valueAndGrad } from '@hebb/autograd';
import { type DType, Generator, keep, matmul, scope, softmaxCrossEntropy, type Tensor, tensor } from '@hebb/tensor';
import { expectClose, expectHebbError, hasCuda } from '@hebb/testing';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.js';

// As many products as are worth it, of a number of classes that rows in 16 bits do not like.
const [ROWS, WIDTH, CLASSES] = [256, 72, 1001];
const random = new Generator(3);
const make = (shape: number[], dtype: DType = 'bfloat16') => random.normal(shape).cast(dtype).to('cuda');

type Step = (x: Tensor, w: Tensor, bias: Tensor) => Tensor[];

const labels = () =>
  tensor(Array.from({ length: ROWS }, (_, i) => (i * 37) % CLASSES))
    .cast('int32')
    .to('cuda');

/** Loss and gradients of a last layer, whose weights lie either way. */
function lastLayer(transposeB: boolean, useBias: boolean, more: (scores: Tensor) => Tensor[] = () => []): Step {
  const k = labels();
  return (x, w, bias) => {
    const seen: Tensor[] = [];
    const { value, grads } = valueAndGrad(
      () => {
        const scores = matmul(x.reshape([4, ROWS / 4, WIDTH]), w, { transposeB, bias: useBias ? bias : undefined });
        seen.push(...more(scores).map((result) => keep(result)));
        return softmaxCrossEntropy(scores.reshape([-1, CLASSES]), k).mean();
      },
      useBias ? [x, w, bias] : [x, w],
    );
    return [value, ...grads.values(), ...seen];
  };
}

const commands = (text: string) => text.slice(text.lastIndexOf('── dead code')).split('\n');

function run(fn: Step, transposeB: boolean, dtype?: DType) {
  const inputs = [
    make([ROWS, WIDTH], dtype),
    make(transposeB ? [CLASSES, WIDTH] : [WIDTH, CLASSES], dtype),
    make([CLASSES], dtype),
  ];
  const step = compile(fn);
  return {
    expected: compile.disabled(() => fn(inputs[0], inputs[1], inputs[2])),
    found: step.runSync(inputs[0], inputs[1], inputs[2]),
    lines: commands(step.explain()),
  };
}

function expectAllClose(found: readonly Tensor[], expected: readonly Tensor[]): void {
  found.forEach((result, i) => {
    expect(result.shape).toEqual(expected[i].shape);
    expectClose(result.cast('float32'), expected[i].cast('float32'), { atol: 2e-2, rtol: 2e-2 });
  });
}

describe.skipIf(!hasCuda())('padding of classes', () => {
  describe.each([
    ['weights and bias by class', true, true],
    ['weights by feature', false, false],
  ])('%s', (_name, transposeB, useBias) => {
    it('computes the same, without a column of scores moved', () => {
      const { expected, found, lines } = run(lastLayer(transposeB, useBias), transposeB);
      expectAllClose(found, expected);
      const scores = lines.filter((line) => line.includes('bfloat16 [4, 64, 100') || line.includes('bfloat16 [256, 100'));
      expect(scores.length).toBeGreaterThan(3);
      for (const line of scores) expect(line).toContain('1008]');
    });
  });

  it('gives scores and what else is made of them their own columns', () => {
    const { expected, found, lines } = run(
      lastLayer(true, false, (scores) => [scores, scores.argMax(-1), scores.mul(2)]),
      true,
    );
    expectAllClose(found, expected);
    expect(lines.some((line) => line.includes('softmaxCrossEntropy') && line.includes('"classes":1001'))).toBe(true);
  });

  it('refuses labels of columns that are no class', () => {
    const wrong = tensor(Array.from({ length: ROWS }, (_, i) => (i === 5 ? CLASSES : 0)))
      .cast('int32')
      .to('cuda');
    const step = compile((x: Tensor, w: Tensor) => softmaxCrossEntropy(matmul(x, w), wrong).mean());
    const inputs = [make([ROWS, WIDTH]), make([WIDTH, CLASSES])] as const;
    expectHebbError(() => step.runSync(...inputs).itemSync(), 'range', 'label 1001 in row 5', '[0, 1001)');
  });

  it.each([
    ['float32', 'float32', ROWS, CLASSES],
    ['classes that suit', 'bfloat16', ROWS, 1008],
    ['a small product', 'bfloat16', 16, CLASSES],
  ] as const)('leaves %s alone', (_name, dtype, rows, classes) => {
    scope(() => {
      const k = tensor(new Array<number>(rows).fill(1)).cast('int32').to('cuda');
      const step = compile((x: Tensor, w: Tensor) => softmaxCrossEntropy(matmul(x, w), k));
      step.runSync(make([rows, WIDTH], dtype), make([WIDTH, classes], dtype));
      expect(step.explain()).not.toContain('"classes"');
    });
  });
});
