/**
 * The messages between the primary and its workers, on the channel that Node makes for each worker. Applications may
 * use it, too.
 */
import type { NodeCode } from '../backplane/talk/talk.js';
import type { LockAnswer, LockMessage } from '../server/endpoints/endpoint-lock.js';

/** A message of a worker. */
export type WorkerMessage =
  /** The worker takes traffic. `report` is what the application says about it. */
  | { readonly naru: 'ready'; readonly node: NodeCode; readonly report: unknown }
  /**
   * A connection comes with this message, for a session of another node. `bytes` were read from it, one character for
   * each byte.
   */
  | { readonly naru: 'hand-over'; readonly node: NodeCode; readonly bytes: string }
  | LockMessage;

/** A message of the primary. */
export type PrimaryMessage =
  /**
   * The worker has to end. With `isGentle`, it first sends its clients away in waves. With `isLast`, no others take the
   * new connections.
   */
  | { readonly naru: 'stop'; readonly isGentle: boolean; readonly isLast: boolean }
  /** The worker takes no new clients any more, because it has to end soon. */
  | { readonly naru: 'retire' }
  /** A connection comes with this message, for a session of this worker. */
  | { readonly naru: 'take'; readonly bytes: string }
  | LockAnswer;

/** Returns a message as one of a worker, or `undefined` for a message of the application. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  const { naru, node, bytes, endpoint, port } = fieldsOf(message);
  const isOfNode = naru === 'ready' || (naru === 'hand-over' && typeof bytes === 'string');
  const isOfLock =
    naru === 'ask-lock' || naru === 'release-lock' || (naru === 'endpoint-opened' && typeof port === 'number');
  const isKnown = (isOfNode && typeof node === 'string') || (isOfLock && typeof endpoint === 'string');
  return isKnown ? (message as WorkerMessage) : undefined;
}

/**
 * Returns a message as one of the primary to the worker itself, or `undefined` for one of the application, or to an
 * endpoint.
 */
export function readPrimaryMessage(message: unknown): Exclude<PrimaryMessage, LockAnswer> | undefined {
  const { naru, isGentle, isLast, bytes } = fieldsOf(message);
  const isStop = naru === 'stop' && typeof isGentle === 'boolean' && typeof isLast === 'boolean';
  const isTake = naru === 'take' && typeof bytes === 'string';
  return naru === 'retire' || isStop || isTake ? (message as Exclude<PrimaryMessage, LockAnswer>) : undefined;
}

function fieldsOf(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : {};
}
