/** A queue in an array that wraps around, so that adding at the end and taking from the front copy nothing. */

/**
 * Initial length of the array, and the greatest length that an empty ring keeps. Powers of two, so that wrapping is a
 * mask.
 */
const LENGTH = 16;
const LENGTH_KEPT = 1_024;

/**
 * A first-in, first-out queue whose items can be read by index. It grows as needed, so the code that uses it must bound
 * it.
 */
export class Ring<T> {
  #items: (T | undefined)[] = new Array(LENGTH);
  #start = 0;
  #count = 0;

  /** Number of items in the ring. */
  get count(): number {
    return this.#count;
  }

  /** Returns the item at `index`, counted from the oldest, or `undefined` outside the ring. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#count) return undefined;
    return this.#items[(this.#start + index) & (this.#items.length - 1)];
  }

  /** Replaces the item at `index`, which must be in the ring. */
  set(index: number, item: T): void {
    this.#items[(this.#start + index) & (this.#items.length - 1)] = item;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    if (this.#count === this.#items.length) this.#grow();
    this.#items[(this.#start + this.#count) & (this.#items.length - 1)] = item;
    this.#count += 1;
  }

  /** Removes and returns the oldest item. */
  shift(): T | undefined {
    if (this.#count === 0) return undefined;
    const item = this.#items[this.#start];
    this.#items[this.#start] = undefined;
    this.#start = (this.#start + 1) & (this.#items.length - 1);
    this.#count -= 1;
    // Frees the memory that a burst needed.
    if (this.#count === 0 && this.#items.length > LENGTH_KEPT) {
      this.#items = new Array(LENGTH);
      this.#start = 0;
    }
    return item;
  }

  // The length stays a power of two, so that wrapping is a mask.
  #grow(): void {
    const items = new Array<T | undefined>(this.#items.length * 2);
    for (let index = 0; index < this.#count; index += 1) items[index] = this.at(index);
    this.#items = items;
    this.#start = 0;
  }
}
