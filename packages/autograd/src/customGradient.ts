import { apply, HebbError, type Op, type Tensor } from '@hebb/tensor';

/** A value, and the rule that takes its gradient to those of the inputs. */
export interface WithGradient {
  value: Tensor;
  /** From the gradient with respect to `value` to one an input; undefined for inputs that have none. */
  gradient(cotangent: Tensor): Tensor | undefined | readonly (Tensor | undefined)[];
}

/**
 * A function with a gradient rule of its own, for a rule that is more exact or cheaper than what differentiation would find.
 * Variables read inside are constants to gradients: pass their values as inputs. For gradients of gradients the rule must be written
 * with the inputs, not with tensors computed on the way.
 *
 * ```ts
 * const log1pExp = customGradient((x) => {
 *   const e = x.exp();
 *   return { value: e.add(1).log(), gradient: (g) => g.mul(x.sigmoid()) };
 * });
 * ```
 */
export function customGradient(fn: (...inputs: Tensor[]) => WithGradient): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    let rule: WithGradient['gradient'] | undefined;
    const op: Op = {
      name: 'customGradient',
      infer: () => {
        throw new HebbError('unsupported', 'customGradient: its shape is known only by running it.');
      },
      compose: (xs) => {
        const { value, gradient } = fn(...xs);
        rule = gradient;
        return [value];
      },
      vjp: ({ cotangents: [cotangent], inputs: xs }) => {
        if (!cotangent || !rule) return [];
        const found = rule(cotangent);
        const list = Array.isArray(found) ? found : [found];
        if (list.length !== xs.length) {
          throw new HebbError(
            'argument',
            `customGradient: expected ${xs.length} gradients, one an input, received ${list.length}.`,
          );
        }
        return list;
      },
    };
    return apply(op, inputs, undefined);
  };
}
