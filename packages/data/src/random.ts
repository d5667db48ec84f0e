import { checkInteger } from '@hebb/tensor';

const WORDS = 4;
const ROUNDS = 10;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middleLow = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(middleLow / 65536)) >>> 0;
}

/**
 * Philox4x32-10 on the host: a counter-based generator, so the numbers depend on nothing but `seed` and `stream`.
 * Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3.
 */
export class HostRandom {
  readonly #key: readonly [number, number];
  readonly #stream: readonly [number, number];
  readonly #words = new Uint32Array(WORDS);
  #counter = 0;
  #used = WORDS;

  /** @param seed non-negative integer. @param stream which independent sequence of that seed, e.g. the epoch. */
  constructor(seed: number, stream = 0) {
    checkInteger('HostRandom', 'seed', seed, 0);
    checkInteger('HostRandom', 'stream', stream, 0);
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    this.#stream = [stream >>> 0, Math.floor(stream / 2 ** 32) >>> 0];
  }

  /** A uniform integer in [0, 2^32). */
  word(): number {
    if (this.#used === WORDS) this.#refill();
    const word = this.#words[this.#used];
    this.#used += 1;
    return word;
  }

  /** A uniform number in [low, high) with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (this.word() / 2 ** 32) * (high - low);
  }

  /** A standard normal number (Box–Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / (2 ** 32 + 1)));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A uniform integer in [0, bound), without modulo bias (Lemire 2019, with rejection). `bound` is at most 2^32. */
  below(bound: number): number {
    const reject = 2 ** 32 % bound;
    for (;;) {
      const word = this.word();
      if (bound === 2 ** 32) return word;
      if (Math.imul(word, bound) >>> 0 >= reject) return multiplyHigh(word, bound);
    }
  }

  #refill(): void {
    let c0 = this.#counter >>> 0;
    let c1 = Math.floor(this.#counter / 2 ** 32) >>> 0;
    let [c2, c3] = this.#stream;
    let [k0, k1] = this.#key;
    for (let round = 0; round < ROUNDS; round += 1) {
      const high0 = multiplyHigh(0xd2511f53, c0);
      const low0 = Math.imul(0xd2511f53, c0) >>> 0;
      const high1 = multiplyHigh(0xcd9e8d57, c2);
      const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
      c0 = (high1 ^ c1 ^ k0) >>> 0;
      c1 = low1;
      c2 = (high0 ^ c3 ^ k1) >>> 0;
      c3 = low0;
      k0 = (k0 + 0x9e3779b9) >>> 0;
      k1 = (k1 + 0xbb67ae85) >>> 0;
    }
    this.#words.set([c0, c1, c2, c3]);
    this.#counter += 1;
    this.#used = 0;
  }
}

/** A uniform permutation of 0 … n − 1 (Fisher–Yates), fixed by `seed` and `stream`. */
export function permutation(n: number, seed: number, stream = 0): Int32Array {
  const random = new HostRandom(seed, stream);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
  return order;
}
