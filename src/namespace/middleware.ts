/** What a new socket passes before it enters a namespace. */
import { UnavailableError } from '../base/errors.js';
import { callHook } from '../base/uncaught.js';
import type { Socket } from './socket/socket.js';

/** A function that each new socket passes; `next(error)` refuses it, and the client gets `connect_error` with `error.data`. */
export type NamespaceMiddleware = (socket: Socket, next: (error?: Error & { data?: unknown }) => void) => void;

/** What a client is told when middleware fails by itself; the reason is no business of the client's. */
const FAILED = new UnavailableError('IO_FAILED', 'the middleware failed');

/** Has a socket pass functions, one after the other; `done` is called once, with the error of the first that refuses it. */
export function passMiddleware(
  socket: Socket,
  middleware: readonly NamespaceMiddleware[],
  done: (error?: Error & { data?: unknown }) => void,
): void {
  const pass = (index: number): void => {
    const step = middleware[index];
    if (!step) {
      done();
      return;
    }
    let isCalled = false;
    const next = (error?: Error & { data?: unknown }): void => {
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
