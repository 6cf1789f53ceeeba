/**
 * A queue between items that arrive at any time and callers that wait for them. The first caller gets the oldest item.
 */
import { Ring } from 'naru/base';
import { abortError } from '../failures.js';

/** Splits an item into the part that a caller wants and the rest, if any. */
export type Cut<T> = (item: T) => { readonly taken: T; readonly rest: T | undefined };

interface Waiter<T> {
  readonly resolve: (item: T | null) => void;
  readonly reject: (error: Error) => void;
  readonly cut: Cut<T> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/**
 * Items that wait for callers, or callers that wait for items. An item goes to exactly one caller, and a caller that
 * gives up loses none. Invariant: items and waiters never exist at the same time. The inbox is unbounded; its owner
 * sets the bound.
 */
export class Inbox<T> {
  /** The rest of an item that was cut. It comes before all others. */
  #front: T | undefined;
  #items: Ring<T> | undefined;
  // A set keeps the order, and removes one from the middle in constant time.
  #waiters: Set<Waiter<T>> | undefined;
  #trouble: Error | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  /** The number of waiting items; the rest of a cut item counts as one. */
  get count(): number {
    return (this.#items?.count ?? 0) + (this.#front === undefined ? 0 : 1);
  }

  /** The number of waiting callers. */
  get waiterCount(): number {
    return this.#waiters?.size ?? 0;
  }

  /** Whether `end` was called. The inbox then accepts no more items. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Delivers an item to the waiting callers in order, or keeps it for the next one. After the end the item is dropped.
   */
  put(item: T): void {
    if (this.#end !== undefined) return;
    let left: T | undefined = item;
    for (const waiter of this.#waiters ?? []) {
      if (left === undefined) return;
      this.#dismiss(waiter);
      const { taken, rest }: { taken: T; rest: T | undefined } = waiter.cut?.(left) ?? { taken: left, rest: undefined };
      left = rest;
      waiter.resolve(taken);
    }
    if (left === undefined) return;
    if (left !== item) this.#front = left;
    else {
      this.#items ??= new Ring();
      this.#items.push(left);
    }
  }

  /**
   * Resolves with the next item. Once all are taken after `end`, resolves with `null`, or rejects with the error that
   * `end` got. Rejects with TIMEOUT or ABORTED when `signal` is aborted; `what` begins the message.
   */
  take(what: string, signal?: AbortSignal, cut?: Cut<T>): Promise<T | null> {
    if (signal?.aborted) return Promise.reject(abortError(what, signal));
    const item = this.#front ?? this.#items?.shift();
    if (item !== undefined) {
      const { taken, rest } = cut?.(item) ?? { taken: item, rest: undefined };
      this.#front = rest;
      return Promise.resolve(taken);
    }
    if (this.#trouble !== undefined) {
      const error = this.#trouble;
      this.#trouble = undefined;
      return Promise.reject(error);
    }
    if (this.#end !== undefined) {
      return this.#end.error === undefined ? Promise.resolve(null) : Promise.reject(this.#end.error);
    }
    return new Promise((resolve, reject) => this.#wait(what, { resolve, reject, cut, signal }));
  }

  /** Rejects one caller: the first that waits, or else the next to come. The inbox stays open. */
  trouble(error: Error): void {
    const [waiter] = this.#waiters ?? [];
    if (waiter === undefined) this.#trouble = error;
    else {
      this.#dismiss(waiter);
      waiter.reject(error);
    }
  }

  /**
   * Ends the inbox. Waiting callers get `null` or a rejection with `error`, and so do later ones once the remaining
   * items are taken.
   */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    for (const waiter of this.#waiters ?? []) {
      this.#dismiss(waiter);
      if (error === undefined) waiter.resolve(null);
      else waiter.reject(error);
    }
  }

  /** Ends the inbox with an error, even after an earlier end, and returns the remaining items for the owner to drop. */
  abandon(error: Error): T[] {
    const left: T[] = this.#front === undefined ? [] : [this.#front];
    for (let item = this.#items?.shift(); item !== undefined; item = this.#items?.shift()) left.push(item);
    this.#front = undefined;
    this.#trouble = undefined;
    this.end(error);
    this.#end = { error };
    return left;
  }

  #wait(what: string, parts: Omit<Waiter<T>, 'onAbort'>): void {
    const { signal, reject } = parts;
    const waiter: Waiter<T> = {
      ...parts,
      onAbort: () => {
        this.#dismiss(waiter);
        if (signal !== undefined) reject(abortError(what, signal));
      },
    };
    // This comes first because it throws when `signal` is not an AbortSignal. No waiter is left then.
    signal?.addEventListener('abort', waiter.onAbort);
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  #dismiss(waiter: Waiter<T>): void {
    this.#waiters?.delete(waiter);
    waiter.signal?.removeEventListener('abort', waiter.onAbort);
  }
}
