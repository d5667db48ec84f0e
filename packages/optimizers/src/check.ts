import { HebbError } from '@hebb/tensor';

/** Throws `HebbError('range')` unless `value` is finite and at least 0. */
export function checkNonNegative(name: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new HebbError('range', `${name} must be a finite number of at least 0, received ${value}.`);
  }
}

/** Throws `HebbError('range')` unless `value` is finite and above 0. */
export function checkPositive(name: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new HebbError('range', `${name} must be a finite number above 0, received ${value}.`);
  }
}

/** Throws `HebbError('range')` unless 0 ≤ `value` < 1: momentum, or the decay rate of a running average. */
export function checkDecay(name: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
    throw new HebbError('range', `${name} must be at least 0 and below 1, received ${value}.`);
  }
}

/** Throws `HebbError('range')` unless `value` is a safe integer of at least 1. */
export function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new HebbError('range', `${name} must be an integer of at least 1, received ${value}.`);
  }
}
