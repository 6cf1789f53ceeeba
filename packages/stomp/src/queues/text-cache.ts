/** The newest texts of messages, so that a taker need not ask the store for them. */

/** Characters that are kept. */
const LENGTH_MAX = 8 * 1024 * 1024;

/** Texts by key. The oldest go first. */
export class TextCache {
  readonly #texts = new Map<string, string>();
  #length = 0;

  get(key: string): string | undefined {
    return this.#texts.get(key);
  }

  set(key: string, text: string): void {
    this.delete(key);
    this.#texts.set(key, text);
    this.#length += text.length;
    for (const oldest of this.#texts.keys()) {
      if (this.#length <= LENGTH_MAX) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#length -= this.#texts.get(key)?.length ?? 0;
    this.#texts.delete(key);
  }
}
