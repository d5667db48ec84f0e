import { HebbError, type Tensor } from '@hebb/tensor';

/** A quantity that is gathered batch by batch. Counts and sums are kept in float64 on the host. */
export interface Metric<R = number> {
  /** Names the value in logs. */
  readonly name: string;
  /** Takes in a batch of predictions and what they should have been. */
  update(predictions: Tensor, targets: Tensor): void;
  /** The value over everything since the last reset. @throws HebbError `state` before the first update. */
  result(): R;
  /** Forgets everything. */
  reset(): void;
}

/** The error of a result that is asked for before anything was seen. */
export function noUpdates(name: string): HebbError {
  return new HebbError(
    'state',
    `${name}: result() needs at least one update with a sample; there was none since the last reset.`,
  );
}
