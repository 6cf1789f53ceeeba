/** What a new socket passes before it enters a namespace. */
import { UnavailableError } from '../../base/errors.js';
import type { Untyped } from '../../base/event-map.js';
import { callHook } from '../../base/uncaught.js';

/** An error of middleware; its `data` goes to the client with `connect_error`. */
export interface ExtendedError extends Error {
  /** Anything that the client should know. */
  data?: Untyped;
}

/** A function that each new socket passes; `next(error)` refuses it, and the client gets `connect_error` with `error.data`. */
export type NamespaceMiddleware<Member> = (socket: Member, next: (error?: ExtendedError) => void) => void;

/** What a client is told when middleware fails by itself; the reason is no business of the client's. */
const FAILED = new UnavailableError('IO_FAILED', 'the middleware failed');

/** Has a socket pass functions, one after the other; `done` is called once, with the error of the first that refuses it. */
export function passMiddleware<Member>(
  socket: Member,
  middleware: readonly NamespaceMiddleware<Member>[],
  done: (error?: ExtendedError) => void,
): void {
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
