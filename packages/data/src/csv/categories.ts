/** @internal Numbers categories: the given ones in their order, or those met, by first appearance. */
export class CategoryEncoder {
  readonly #codes: Map<string, number>;

  constructor(categories: Iterable<string> = []) {
    this.#codes = new Map([...categories].map((category, code) => [category, code]));
  }

  get categories(): readonly string[] {
    return [...this.#codes.keys()];
  }

  encode(category: string): number {
    const known = this.#codes.get(category);
    if (known !== undefined) return known;
    const code = this.#codes.size;
    this.#codes.set(category, code);
    return code;
  }
}
