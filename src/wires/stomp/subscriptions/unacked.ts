/** What was delivered and waits for its ACK, in the order of delivery. */

/** Messages by their number. Invariant: in the order in which they were added. */
export class Unacked<T> {
  readonly #items = new Map<number, T>();

  /** How many wait. */
  get count(): number {
    return this.#items.size;
  }

  /** A message was delivered. */
  add(number: number, item: T): void {
    this.#items.set(number, item);
  }

  /** What waits, in the order of delivery. */
  get items(): Iterable<T> {
    return this.#items.values();
  }

  /** Whether a message waits. */
  has(number: number): boolean {
    return this.#items.has(number);
  }

  /** Takes out one message, or with `isCumulative` also those that were delivered before it; none when it does not wait. */
  take(number: number, isCumulative: boolean): T[] {
    const last = this.#items.get(number);
    if (!this.#items.has(number)) return [];
    if (!isCumulative) {
      this.#items.delete(number);
      return [last as T];
    }
    const taken: T[] = [];
    for (const [each, item] of this.#items) {
      taken.push(item);
      this.#items.delete(each);
      if (each === number) break;
    }
    return taken;
  }

  /** Takes out all. */
  takeAll(): T[] {
    const taken = [...this.#items.values()];
    this.#items.clear();
    return taken;
  }
}
