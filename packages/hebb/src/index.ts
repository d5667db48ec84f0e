/** Deep learning for TypeScript: everything of the `@hebb/*` packages in one import. */

export type { Gradients } from '@hebb/autograd';
export * from '@hebb/autograd';
export * from '@hebb/compiler';
export * from '@hebb/data';
export * from '@hebb/format';
export * from '@hebb/layers';
export * from '@hebb/losses';
export * from '@hebb/metrics';
export * from '@hebb/optimizers';
export * from '@hebb/tensor';
export * from '@hebb/train';
