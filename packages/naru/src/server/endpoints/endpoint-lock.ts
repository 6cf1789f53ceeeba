/**
 * Lets one process at a time open an endpoint that several processes cannot share. In a worker of `cluster`, the
 * primary gives the locks.
 */
import { getOrCreate } from '../../base/get-or-create.js';
import { isClusterWorker } from '../../base/node/modules.js';

/** An endpoint that asks for its lock. */
export interface LockWaiter {
  /** Called once, when this process has to open the endpoint: at `port`, if another process has had it there. */
  onLock(port: number | undefined): void;
  /** Called when another process has the endpoint now. */
  onWait(): void;
}

/** The lock of an endpoint, which one process at a time holds. */
export interface EndpointLock {
  /** Says at which port the endpoint is open. A process that takes it over opens the same port. */
  opened(port: number): void;
  /** Lets another process open the endpoint. */
  release(): void;
}

/** Asks for the lock of an endpoint. */
export type LockAsker = (url: string, waiter: LockWaiter) => EndpointLock;

/** A message of a worker about an endpoint that workers cannot share. */
export type LockMessage =
  /** The worker asks whether it has to open the endpoint. */
  | { readonly naru: 'ask-lock'; readonly endpoint: string }
  /** The worker has opened the endpoint. */
  | { readonly naru: 'endpoint-opened'; readonly endpoint: string; readonly port: number }
  /** The worker has closed the endpoint, or does not wait for it any more. */
  | { readonly naru: 'release-lock'; readonly endpoint: string };

/**
 * The primary's answer. The worker has to open the endpoint, at `port` if that is not 0. Without `isYours`, another
 * worker has it now.
 */
export interface LockAnswer {
  readonly naru: 'lock';
  readonly endpoint: string;
  readonly isYours: boolean;
  readonly port: number;
}

/** The channel of a worker to its primary. Node's `process` is one. */
export interface LockChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: LockMessage, connection?: undefined, sent?: (error: Error | null) => void): unknown;
}

/**
 * The variable of the environment that names the folder of the links between workers. Only workers of `cluster` have
 * it.
 */
export const WORKER_FOLDER = 'NARU_WORKER_FOLDER';

/** Asks for the lock of an endpoint in this process. Outside of a worker, every lock comes at once. */
export const askForLock: LockAsker = (url, waiter) => {
  if (isClusterWorker() && process.env[WORKER_FOLDER] !== undefined) return askPrimary(process, url, waiter);
  waiter.onLock(undefined);
  return { opened: ignore, release: ignore };
};

/** The endpoints of each worker that wait for a lock or have it, by name. */
const waitersOf = new WeakMap<LockChannel, Map<string, LockWaiter>>();

/** Asks the primary of a worker for the lock of an endpoint. */
export function askPrimary(program: LockChannel, url: string, waiter: LockWaiter): EndpointLock {
  const waiters = getOrCreate(waitersOf, program, () => listenTo(program));
  const send = (message: LockMessage): void => void program.send?.(message, undefined, ignore);
  // A program may open two endpoints at the same address, when it leaves the port to the system.
  let count = 1;
  while (waiters.has(`${count} ${url}`)) count += 1;
  const endpoint = `${count} ${url}`;
  waiters.set(endpoint, waiter);
  send({ naru: 'ask-lock', endpoint });
  return {
    opened: (port) => send({ naru: 'endpoint-opened', endpoint, port }),
    release: () => {
      if (waiters.get(endpoint) !== waiter) return;
      waiters.delete(endpoint);
      send({ naru: 'release-lock', endpoint });
    },
  };
}

/** Passes the answers of the primary on. They may come after the endpoint was closed. */
function listenTo(program: LockChannel): Map<string, LockWaiter> {
  const waiters = new Map<string, LockWaiter>();
  program.on('message', (message) => {
    if (!isAnswer(message)) return;
    const waiter = waiters.get(message.endpoint);
    if (message.isYours) waiter?.onLock(message.port === 0 ? undefined : message.port);
    else waiter?.onWait();
  });
  return waiters;
}

/** Whether a message is an answer, and not one of the application. */
function isAnswer(message: unknown): message is LockAnswer {
  const { naru, endpoint, isYours, port }: Partial<Record<keyof LockAnswer, unknown>> = Object(message);
  return naru === 'lock' && typeof endpoint === 'string' && typeof isYours === 'boolean' && typeof port === 'number';
}

function ignore(): void {}
