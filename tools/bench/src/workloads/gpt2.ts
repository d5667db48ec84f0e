import {
  AdamW,
  arange,
  crossEntropy,
  Dense,
  Embedding,
  gather,
  gelu,
  type IndexDType,
  Layer,
  LayerNorm,
  MultiHeadAttention,
  matmul,
  normalInitializer,
  Sequential,
  type Tensor,
  type Variable,
} from 'hebb';
import { type Size, training, type Workload } from '../workload.js';
import { codes, labels } from './data.js';
import { Residual } from './residual.js';

const WORDS = 50257;
const HEAD = 64;

/** The small model of Radford et al. 2019 (GPT-2): the table of words is also the last layer, 124 million parameters in all. */
class GPT2 extends Layer {
  private readonly positions: Embedding;
  private readonly blocks: Sequential;
  private words!: Variable;

  constructor(
    private readonly width: number,
    context: number,
    layers: number,
  ) {
    super();
    this.positions = new Embedding(context, width, { initializer: normalInitializer({ std: 0.02 }) });
    this.blocks = new Sequential([...Array.from({ length: layers }, () => block(width)).flat(), new LayerNorm()]);
  }

  protected override build(): void {
    this.words = this.addVariable('words', [WORDS, this.width], normalInitializer({ std: 0.02 }));
  }

  protected override forward(x: Tensor): Tensor {
    const places = this.positions.call(arange(0, x.shape[1], 1, { dtype: 'int32', device: x.device }));
    const rows = gather(this.words.value, x as Tensor<IndexDType>).cast(places.dtype);
    return matmul(this.blocks.call(rows.add(places)), this.weight(this.words), { transposeB: true });
  }
}

const block = (width: number): Layer[] => [
  new Residual(new MultiHeadAttention(width / HEAD, { causal: true })),
  new Residual(new Sequential([new Dense(4 * width, { activation: (x) => gelu(x, { approximate: 'tanh' }) }), new Dense(width)])),
];

function prepare({ batch = 32, layers = 12, width = 768, context = 1024 }: Size = {}) {
  const data = [codes([batch, context], WORDS), labels(batch * context, WORDS)] as const;
  const loss = (scores: Tensor, targets: Tensor) => crossEntropy(scores.reshape([-1, WORDS]), targets);
  return training(new GPT2(width, context, layers), data, loss, new AdamW());
}

/** For GPUs: a step is 32,768 words, and takes about 28 TFLOP. */
export const gpt2Workloads: readonly Workload[] = [{ name: 'train/gpt2-124m-t1024-b32-adamw', prepare }];
