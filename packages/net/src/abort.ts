/** Lets a caller stop waiting for a promise when a signal is aborted. */
import { abortError } from './failures.js';

/**
 * Settles as `done` does, or rejects with TIMEOUT or ABORTED when `signal` is aborted first; `what` begins the message.
 * The work itself is not cancelled.
 */
export function abortable<T>(what: string, done: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return done;
  return new Promise((resolve, reject) => {
    const stop = (): void => signal.removeEventListener('abort', onAbort);
    const onAbort = (): void => {
      stop();
      reject(abortError(what, signal));
    };
    done.then(resolve, reject).finally(stop);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}
