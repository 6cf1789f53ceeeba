/** A queue between what arrives by itself and callers who wait for it: whoever asked first gets the oldest item. */
import { Ring } from '../../base/ring.js';
import { abortError } from '../failures.js';

/** Takes the part of an item that is wanted, and says what is left of it. */
export type Cut<T> = (item: T) => { readonly taken: T; readonly rest: T | undefined };

interface Waiter<T> {
  readonly resolve: (item: T | null) => void;
  readonly reject: (error: Error) => void;
  readonly cut: Cut<T> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/**
 * Items that wait for callers, or callers that wait for items. Nothing is lost: an item goes to exactly one caller, and who gives up
 * waiting takes none with it. Invariant: items and waiters are never there at the same time. Unbounded: its owner bounds it.
 */
export class Inbox<T> {
  /** What is left of an item that was cut: it stands before all others. */
  #front: T | undefined;
  #items: Ring<T> | undefined;
  // A set keeps the order, and lets one in the middle go at no cost.
  #waiters: Set<Waiter<T>> | undefined;
  #trouble: Error | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  /** How many items wait; what is left of one counts as one. */
  get count(): number {
    return (this.#items?.count ?? 0) + (this.#front === undefined ? 0 : 1);
  }

  /** How many callers wait. */
  get waiterCount(): number {
    return this.#waiters?.size ?? 0;
  }

  /** Whether `end` was called: no more items are put in. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Gives an item to the callers who wait, or keeps it for the next. After the end it is dropped. */
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
   * Resolves with the next item, `null` once all are taken after `end`. Rejects with the error of `end` once all are taken, and when
   * `signal` is aborted: UnavailableError, TIMEOUT or ABORTED, in whose message `what` says what was given up.
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

  /** Rejects the first caller who waits, or the next one who comes, once; it goes on afterwards. */
  trouble(error: Error): void {
    const [waiter] = this.#waiters ?? [];
    if (waiter === undefined) this.#trouble = error;
    else {
      this.#dismiss(waiter);
      waiter.reject(error);
    }
  }

  /** No more items come: `null`, or a rejection with `error`, for all who wait and all who come when the rest is taken. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    for (const waiter of this.#waiters ?? []) {
      this.#dismiss(waiter);
      if (error === undefined) waiter.resolve(null);
      else waiter.reject(error);
    }
  }

  /** As `end` with an error, even after an end, and the items that are left are given back to be dropped. */
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
    // First, as it throws where it is no signal: then nobody waits.
    signal?.addEventListener('abort', waiter.onAbort);
    this.#waiters ??= new Set();
    this.#waiters.add(waiter);
  }

  #dismiss(waiter: Waiter<T>): void {
    this.#waiters?.delete(waiter);
    waiter.signal?.removeEventListener('abort', waiter.onAbort);
  }
}
