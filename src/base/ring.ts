/** A queue in an array that wraps around: adding behind and taking from the front cost no copying. */

/** Places at the beginning, and how many an empty ring keeps at most. Powers of two, so that wrapping is a mask. */
const LENGTH = 16;
const LENGTH_KEPT = 1_024;

/** A first-in, first-out queue whose items can be looked at by index. It grows as needed; its user bounds it. */
export class Ring<T> {
  #items: (T | undefined)[] = new Array(LENGTH);
  #start = 0;
  #count = 0;

  /** Items in the ring. */
  get count(): number {
    return this.#count;
  }

  /** The item at `index`, counted from the oldest; `undefined` outside. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#count) return undefined;
    return this.#items[(this.#start + index) & (this.#items.length - 1)];
  }

  /** Adds an item behind all others. */
  push(item: T): void {
    if (this.#count === this.#items.length) this.#grow();
    this.#items[(this.#start + this.#count) & (this.#items.length - 1)] = item;
    this.#count += 1;
  }

  /** Takes out the oldest item. */
  shift(): T | undefined {
    if (this.#count === 0) return undefined;
    const item = this.#items[this.#start];
    this.#items[this.#start] = undefined;
    this.#start = (this.#start + 1) & (this.#items.length - 1);
    this.#count -= 1;
    // What a burst took is given back.
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
