/** Connects to the Unix socket of another worker. */
import { connect, type Socket } from 'node:net';
import { type Clock, unreferenced } from '../../base/clock.js';

/** Milliseconds between two attempts to connect to a worker that is too busy to accept more connections now. */
const AGAIN_MS = 20;
/** Attempts before a worker counts as gone. */
const ATTEMPTS_MAX = 100;

/** Called with the connection, or with the error if the worker cannot be reached. */
export type Dialled = (error: Error | undefined, socket?: Socket) => void;

/**
 * Connects to the socket at a path, and calls back once. A worker that is busy for a moment refuses connections when many come at once, so this
 * tries again for two seconds. A socket that does not exist, or that nobody listens on, is an error at once.
 */
export function dial(path: string, clock: Clock, dialled: Dialled, attemptsLeft: number = ATTEMPTS_MAX): void {
  const socket = connect(path);
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EAGAIN' || attemptsLeft <= 1) dialled(error);
    else unreferenced(clock.setTimeout(() => dial(path, clock, dialled, attemptsLeft - 1), AGAIN_MS, undefined));
  };
  socket.once('error', onError);
  socket.once('connect', () => {
    socket.off('error', onError);
    dialled(undefined, socket);
  });
}
