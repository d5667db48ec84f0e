import { valueAndGrad } from '@hebb/autograd';
import {
  adamUpdate,
  batchNorm,
  Generator,
  scalar,
  scope,
  setThreads,
  sgdUpdate,
  type Tensor,
  threads,
  Variable,
  withReader,
} from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.js';
import type { Graph } from '../graph.js';
import { Tracer } from '../tracer.js';
import { deadCode } from './deadCode.js';
import { fuseBatchNorm } from './fuseBatchNorm.js';
import { groupUpdates } from './groupUpdates.js';

type Step = (x: Tensor) => Tensor;
const shape = [2, 5, 5, 6];

function graphOf(fn: Step): Graph {
  const tracer = new Tracer();
  const x = tracer.parameter('float32', shape, 'cpu');
  return deadCode(tracer.finish([withReader(tracer, () => fn(x))]));
}

const count = ({ nodes }: Graph, name: string): number => nodes.filter(({ op }) => op.name === name).length;

/** Residual blocks with running statistics, trained by an optimizer. */
function network(optimizer: 'sgd' | 'momentum' | 'adam'): { step: Step; variables: Variable[] } {
  const random = new Generator(7);
  const parameters: Variable[] = Array.from(
    { length: 9 },
    (_, i) => new Variable(random.normal(i % 3 === 0 ? [6, 1, 1, 6] : [6])),
  );
  const running: Variable = new Variable(random.normal([6]), { trainable: false });
  const slots = parameters.map(({ value }) => [new Variable(value.mul(0)), new Variable(value.square())]);
  const rate: Variable = new Variable(scalar(0.01), { trainable: false });
  const count: Variable = new Variable(scalar(2), { trainable: false });
  const block = (x: Tensor, first: number, shortcut?: Tensor): Tensor => {
    const [w, gamma, beta] = parameters.slice(first, first + 3).map(({ value }): Tensor => value);
    const { y, mean } = batchNorm(x.conv2d(w), gamma, beta);
    running.assign(running.value.mul(0.9).add(mean.stopGradient().mul(0.1)));
    return shortcut ? shortcut.add(y).relu() : y.relu();
  };
  const step = (x: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => {
      const a = block(x, 0);
      return block(block(a, 3, a), 6)
        .square()
        .mean();
    });
    parameters.forEach((parameter, i) => {
      const [p, g]: Tensor[] = [parameter.value, grads.get(parameter) as Tensor];
      const [m, v]: Variable[] = slots[i];
      const plain = { momentum: optimizer === 'momentum' ? 0.9 : 0, nesterov: false, weightDecay: 0.01 };
      const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false };
      const [next, first, second] =
        optimizer === 'adam'
          ? adamUpdate(p, g, m.value, v.value, rate.value, count.value, adam)
          : sgdUpdate(p, g, rate.value, optimizer === 'momentum' ? m.value : undefined, plain);
      parameter.assign(next);
      if (first) m.assign(first);
      if (second) v.assign(second);
    });
    return value;
  };
  return { step, variables: [...parameters, ...slots.flat(), running] };
}

describe('batch normalisation', () => {
  it('takes residuals and relu in', () => {
    const graph = fuseBatchNorm(graphOf(network('sgd').step));
    expect(['batchNorm', 'relu', 'add'].map((name) => count(graph, name))).toEqual([3, 0, 5]);
    expect(graph.nodes.filter(({ op }) => op.name === 'batchNorm').map(({ inputs }) => inputs.length)).toEqual([3, 4, 3]);
  });

  it('takes the gradient of relu in where it comes from no sum and nobody else reads it', () => {
    // Behind the last relu is the loss, behind the second a shortcut, which adds to the gradient of the first.
    const names = ['batchNormGrad', 'reluGrad'];
    expect(names.map((name) => count(fuseBatchNorm(graphOf(network('sgd').step)), name))).toEqual([3, 3]);
    const [gamma, beta, w] = [[6], [6], [2, 1, 1, 6]].map((size): Variable => new Variable(new Generator(1).normal(size)));
    const fn = (x: Tensor): Tensor =>
      valueAndGrad(() => batchNorm(x, gamma.value, beta.value).y.relu().conv2d(w.value).sum()).grads.get(gamma) as Tensor;
    const graph = fuseBatchNorm(graphOf(fn));
    expect(names.map((name) => count(graph, name))).toEqual([1, 0]);
    expect(graph.nodes.find(({ op }) => op.name === 'batchNormGrad')?.merged?.[0]).toMatch(/^reluGrad \(.*:\d+\)$/);
    const x = new Generator(2).normal(shape);
    expect(compile(fn).runSync(x).dataSync()).toEqual(fn(x).dataSync());
  });

  it('leaves what others read, and shortcuts that depend on the statistics', () => {
    const [gamma, beta] = [new Variable(new Generator(1).normal([6])), new Variable(new Generator(2).normal([6]))];
    const both = graphOf((x) => {
      const { y } = batchNorm(x, gamma.value, beta.value);
      return y.relu().add(y);
    });
    expect(count(fuseBatchNorm(both), 'relu')).toBe(1);
    const tied = graphOf((x) => {
      const { y, mean } = batchNorm(x, gamma.value, beta.value);
      return y.add(mean.broadcastTo(shape));
    });
    expect(count(fuseBatchNorm(tied), 'add')).toBe(1);
  });
});

describe('updates', () => {
  it.each(['sgd', 'momentum', 'adam'] as const)('of all parameters are one command, in place (%s)', (optimizer) => {
    const { step } = network(optimizer);
    const name = optimizer === 'adam' ? 'adamUpdate' : 'sgdUpdate';
    expect(count(groupUpdates(graphOf(step)), name)).toBe(1);
    const compiled = compile(step);
    compiled.runSync(new Generator(1).normal(shape));
    expect(compiled.explain()).toContain(' 0 copied to variables at the end');
    expect(compiled.explain()).toContain(`${name} (`);
  });

  it('stay apart where one reads what another makes, or options differ', () => {
    const [a, b] = [new Variable(new Generator(1).normal([6])), new Variable(new Generator(2).normal([6]))];
    const options = { momentum: 0, nesterov: false, weightDecay: 0 };
    const rate = new Variable(scalar(0.1));
    const chained = graphOf((x) => {
      a.assign(sgdUpdate(a.value, b.value, rate.value, undefined, options)[0]);
      b.assign(sgdUpdate(b.value, a.value, rate.value, undefined, options)[0]);
      return x;
    });
    expect(count(groupUpdates(chained), 'sgdUpdate')).toBe(2);
    const different = graphOf((x) => {
      a.assign(sgdUpdate(a.value, b.value, rate.value, undefined, options)[0]);
      b.assign(sgdUpdate(b.value, b.value, rate.value, undefined, { ...options, weightDecay: 0.1 })[0]);
      return x;
    });
    expect(count(groupUpdates(different), 'sgdUpdate')).toBe(2);
  });

  it('of several steps are a command a step', () => {
    const { step, variables } = network('adam');
    const twice: Step = (x) => step(x).add(step(x));
    expect(count(groupUpdates(graphOf(twice)), 'adamUpdate')).toBe(2);
    const eager = network('adam');
    const x = new Generator(1).normal(shape);
    for (let i = 0; i < 2; i++) eager.step(x);
    compile(twice).runSync(x);
    variables.forEach((variable, i) => void expect(variable.value.dataSync()).toEqual(eager.variables[i].value.dataSync()));
  });

  it('are cut into commands of bounded size', () => {
    const variables = Array.from({ length: 501 }, () => new Variable(scalar(1)));
    const rate = new Variable(scalar(0.1));
    const step = (x: Tensor): Tensor => {
      for (const variable of variables)
        variable.assign(
          sgdUpdate(variable.value, variable.value, rate.value, undefined, { momentum: 0, nesterov: false, weightDecay: 0 })[0],
        );
      return x;
    };
    expect(count(groupUpdates(graphOf(step)), 'sgdUpdate')).toBe(3);
    compile(step).runSync(new Generator(1).normal(shape));
    expect(new Set(variables.map(({ value }) => value.itemSync()))).toEqual(new Set([Math.fround(1 - Math.fround(0.1))]));
  });
});

describe('a whole step', () => {
  it.each(['sgd', 'momentum', 'adam'] as const)('is the same bits as eagerly, for any number of threads (%s)', (optimizer) => {
    const before = threads();
    const x = new Generator(3).normal(shape);
    const eager = network(optimizer);
    const losses = Array.from({ length: 3 }, () => scope(() => eager.step(x).itemSync()));
    for (const number of [1, 2, 3]) {
      setThreads(number);
      const { step, variables } = network(optimizer);
      const { runSync } = compile(step);
      expect(Array.from({ length: 3 }, () => scope(() => runSync(x).itemSync()))).toEqual(losses);
      variables.forEach((variable, i) => void expect(variable.value.dataSync()).toEqual(eager.variables[i].value.dataSync()));
    }
    setThreads(before);
  });
});
