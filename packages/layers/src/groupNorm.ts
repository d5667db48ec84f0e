import { checkInteger, checkNumber, groupNorm, HebbError, type Shape, type Tensor, type Variable } from '@hebb/tensor';
import { Layer, type LayerConfig, type LayerOptions } from './layer.js';

export interface GroupNormOptions extends LayerOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** Whether every channel has a learnt scale and shift; default true for GroupNorm and false for InstanceNorm, as in PyTorch. */
  affine?: boolean;
}

/** Normalises groups of channels of each example. */
abstract class ChannelGroups extends Layer {
  protected readonly epsilon: number;
  protected readonly affine: boolean;
  private gamma: Variable | undefined;
  private beta: Variable | undefined;

  constructor({ epsilon = 1e-5, affine, ...options }: GroupNormOptions, affineByDefault: boolean) {
    super(options);
    checkNumber(this.kind, 'epsilon', epsilon, 0);
    this.epsilon = epsilon;
    this.affine = affine ?? affineByDefault;
  }

  protected abstract groupsOf(channels: number): number;

  override get config(): LayerConfig {
    return { epsilon: this.epsilon, affine: this.affine };
  }

  protected override build(inputShape: Shape): void {
    const channels = inputShape[inputShape.length - 1];
    if (inputShape.length < 2 || channels % this.groupsOf(channels) !== 0) {
      throw new HebbError(
        'shape',
        `${this.kind}: expected [N, …, channels], the channels a multiple of ${this.groupsOf(channels)}, received shape [${inputShape}].`,
      );
    }
    if (!this.affine) return;
    this.gamma = this.addVariable('gamma', [channels], 'ones');
    this.beta = this.addVariable('beta', [channels], 'zeros');
  }

  protected override forward(x: Tensor): Tensor {
    const groups = this.groupsOf(x.shape[x.rank - 1]);
    return groupNorm(x, groups, { gamma: this.gamma?.value, beta: this.beta?.value, epsilon: this.epsilon });
  }
}

/**
 * Group normalisation (Wu & He 2018, section 3): [N, …, C] → [N, …, C]; in each example, each group of C / groups neighbouring channels
 * gets mean 0 and variance 1. Variables: gamma, beta [C].
 * @throws HebbError `range` unless groups is a whole number from 1; `shape` for channels that do not divide into the groups.
 */
export class GroupNorm extends ChannelGroups {
  readonly groups: number;

  constructor(groups: number, options: GroupNormOptions = {}) {
    super(options, true);
    checkInteger('GroupNorm', 'groups', groups, 1);
    this.groups = groups;
  }

  override get config(): LayerConfig {
    return { groups: this.groups, ...super.config };
  }

  protected override groupsOf(): number {
    return this.groups;
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016): [N, …, C] → [N, …, C]; each channel of each example gets mean 0 and variance 1.
 * Variables, with `affine: true`: gamma, beta [C].
 * @throws HebbError `shape` for an input of rank below 2.
 */
export class InstanceNorm extends ChannelGroups {
  constructor(options: GroupNormOptions = {}) {
    super(options, false);
  }

  protected override groupsOf(channels: number): number {
    return Math.max(1, channels);
  }
}
