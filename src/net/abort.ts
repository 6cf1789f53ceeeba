/** Waiting that can be given up. */
import { abortError } from './failures.js';

/** As `done`, but rejects when `signal` is aborted first: TIMEOUT or ABORTED, with `what` in the message. What it waited for goes on. */
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
