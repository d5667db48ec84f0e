import type { Device } from '../core/device.js';
import type { FloatDType } from '../core/dtype.js';
import type { Shape } from '../core/shape.js';
import type { Tensor } from '../tensor.js';
import { Generator, type NormalOptions, type UniformOptions } from './generator.js';

let shared: Generator | undefined;

/** The generator that initializers, dropout and the functions below use unless they are given one. Its first seed is 0. */
export function defaultGenerator(): Generator {
  shared ??= new Generator(0);
  return shared;
}

/** Restarts the default generator: two runs with the same seed draw the same numbers. */
export function setSeed(seed: number | bigint): void {
  defaultGenerator().reseed(seed);
}

/** Evenly distributed in [low, high), from the default generator. */
export function randomUniform<D extends FloatDType = 'float32'>(shape: Shape, options?: UniformOptions<D>): Tensor<D> {
  return defaultGenerator().uniform(shape, options);
}

/** Normally distributed, from the default generator. */
export function randomNormal<D extends FloatDType = 'float32'>(shape: Shape, options?: NormalOptions<D>): Tensor<D> {
  return defaultGenerator().normal(shape, options);
}

/** Normally distributed within two standard deviations, from the default generator. */
export function randomTruncatedNormal<D extends FloatDType = 'float32'>(shape: Shape, options?: NormalOptions<D>): Tensor<D> {
  return defaultGenerator().truncatedNormal(shape, options);
}

/** True with the probability given, from the default generator. */
export function randomBernoulli(shape: Shape, probability: number, options?: { device?: Device }): Tensor<'bool'> {
  return defaultGenerator().bernoulli(shape, probability, options);
}

/** The numbers from 0 to count − 1 in random order, from the default generator. */
export function randomPermutation(count: number, options?: { device?: Device }): Tensor<'int32'> {
  return defaultGenerator().permutation(count, options);
}
