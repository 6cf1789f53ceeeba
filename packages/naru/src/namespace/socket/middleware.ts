/** The middleware that a new socket passes before it joins a namespace. */
import { UnavailableError } from '../../base/errors.js';
import type { Untyped } from '../../base/event-map.js';
import { callHook } from '../../base/uncaught.js';

/** An error of middleware. Its `data` goes to the client with `connect_error`. */
export interface ExtendedError extends Error {
  /** Data for the client. */
  data?: Untyped;
}

/**
 * Middleware for new sockets. `next(error)` refuses the socket, and the client gets `connect_error` with `error.data`.
 */
export type NamespaceMiddleware<Member> = (socket: Member, next: (error?: ExtendedError) => void) => void;

/**
 * The error for the client when middleware throws. It leaves out the reason, which may reveal details of the server.
 */
const FAILED = new UnavailableError('IO_FAILED', 'the middleware failed');

/**
 * Runs middleware functions in order. Calls `onPassed` once, with the error of the first function that refuses the
 * socket, if any. A function that goes on after `next()` in the same turn comes before that.
 */
export function passMiddleware<Member>(
  socket: Member,
  middleware: readonly NamespaceMiddleware<Member>[],
  onPassed: (error?: ExtendedError) => void,
): void {
  const done = (error?: ExtendedError): void => queueMicrotask(() => onPassed(error));
  const pass = (index: number): void => {
    const step = middleware[index];
    if (!step) {
      done();
      return;
    }
    let isCalled = false;
    const next = (error?: ExtendedError): void => {
      if (isCalled) return;
      isCalled = true;
      if (error) done(error);
      else pass(index + 1);
    };
    callHook(
      () => step(socket, next),
      () => next(FAILED),
    );
  };
  pass(0);
}
