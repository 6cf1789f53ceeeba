/** Makes an async iterator from a function such as `recv` or `accept`. */
import { isNaruError } from 'naru/base';

/**
 * Iterates over the results of `next` until it resolves with `null` or rejects with CLOSED. Both end the loop without
 * an error. Leaving the loop does not cancel a pending `next`.
 */
export function iterate<T>(next: () => Promise<T | null>): AsyncIterableIterator<T> {
  // Written by hand, because a generator would double the cost of each item.
  const iterator: AsyncIterableIterator<T> = {
    next: () => next().then(toResult, toEnd) as Promise<IteratorResult<T>>,
    return: () => Promise.resolve(DONE),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

function toResult<T>(value: T | null): IteratorResult<T> {
  return value === null ? DONE : { value, done: false };
}

function toEnd(error: unknown): IteratorResult<never> {
  if (isNaruError(error, 'UnavailableError') && error.code === 'CLOSED') return DONE;
  throw error;
}

const DONE: IteratorResult<never> = Object.freeze({ value: undefined, done: true });
