const MASK = 0xffffffffn;

/**
 * One block of Philox4x32-10 (Salmon et al. 2011, section 3.3), written from the paper with BigInt: four 32-bit words from a 128-bit
 * counter and a 64-bit key.
 */
export function philoxBlock(counter: bigint, key: bigint): number[] {
  let [c0, c1, c2, c3] = [0n, 32n, 64n, 96n].map((shift) => (counter >> shift) & MASK);
  let [k0, k1] = [key & MASK, (key >> 32n) & MASK];
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK];
    [k0, k1] = [(k0 + 0x9e3779b9n) & MASK, (k1 + 0xbb67ae85n) & MASK];
  }
  return [c0, c1, c2, c3].map(Number);
}
