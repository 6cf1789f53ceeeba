/** Asynchronous iteration over what a verb gives. */
import { UnavailableError } from '../base/errors.js';

/**
 * Iterates over what `next` resolves with, until that is `null` or rejects with CLOSED, which ends it quietly. What is asked for stays
 * asked for when the loop is left.
 */
export function iterate<T>(next: () => Promise<T | null>): AsyncIterableIterator<T> {
  // By hand, since a generator costs as much again as what it iterates over.
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
  if (error instanceof UnavailableError && error.code === 'CLOSED') return DONE;
  throw error;
}

const DONE: IteratorResult<never> = Object.freeze({ value: undefined, done: true });
