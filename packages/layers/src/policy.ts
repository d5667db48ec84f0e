import { type DType, HebbError, isFloat, type Tensor } from '@hebb/tensor';

/**
 * In which dtypes layers compute and keep their variables. `mixed_bfloat16` and `mixed_float16` compute in 16 bits and keep variables
 * in float32 (Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.1); the others do both in one dtype.
 */
export type Policy = 'float32' | 'float64' | 'mixed_bfloat16' | 'mixed_float16';

interface DTypes {
  compute: 'float32' | 'float64' | 'bfloat16' | 'float16';
  variables: 'float32' | 'float64';
}

const POLICIES: Readonly<Record<Policy, DTypes>> = {
  float32: { compute: 'float32', variables: 'float32' },
  float64: { compute: 'float64', variables: 'float64' },
  mixed_bfloat16: { compute: 'bfloat16', variables: 'float32' },
  mixed_float16: { compute: 'float16', variables: 'float32' },
};

let current: Policy | undefined;

/**
 * Sets the policy of layers made from now on, where they have no `dtype` of their own.
 * @param policy undefined, as at the start: variables and arithmetic are of the dtype of each layer's input
 * @throws HebbError `argument` for an unknown name.
 */
export function setPolicy(policy: Policy | undefined): void {
  current = policy === undefined ? undefined : checkPolicy('setPolicy', policy);
}

/** The policy that {@link setPolicy} set. */
export function getPolicy(): Policy | undefined {
  return current;
}

/** @throws HebbError `argument` unless this is the name of a policy. */
export function checkPolicy(where: string, policy: unknown): Policy {
  if (typeof policy === 'string' && Object.hasOwn(POLICIES, policy)) return policy as Policy;
  throw new HebbError(
    'argument',
    `${where}: expected a policy (${Object.keys(POLICIES).join(', ')}), received ${JSON.stringify(policy) ?? String(policy)}.`,
  );
}

/** x in the dtype that a policy computes in; integers and bools, and everything without a policy, stay as they are. */
export function toComputeDType(policy: Policy | undefined, x: Tensor): Tensor {
  return policy === undefined || !isFloat(x.dtype) ? x : x.cast(POLICIES[policy].compute);
}

/** The dtype of variables of a layer whose first input has this dtype. */
export function variableDType(policy: Policy | undefined, input: DType): 'float32' | 'float64' {
  if (policy !== undefined) return POLICIES[policy].variables;
  return input === 'float64' ? 'float64' : 'float32';
}
