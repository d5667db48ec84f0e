import type { DType } from '@hebb/tensor';

/** What a file says of one tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where its elements start, in bytes from the start of the data. */
  readonly offset: number;
  readonly byteLength: number;
  /** SHA-256 of its elements. */
  readonly sha256: Uint8Array;
}

/** Tensors by name, in the order of the file. */
export type Section = ReadonlyMap<string, TensorInfo>;

/** The header of a file. */
export interface ContainerHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** By name: `weights`, `optimizer`. */
  readonly sections: ReadonlyMap<string, Section>;
}
