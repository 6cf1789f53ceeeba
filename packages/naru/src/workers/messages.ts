/**
 * The messages between the primary and its workers, on the channel that Node makes for each worker. Applications may
 * use it, too.
 */
import type { NodeCode } from '../backplane/talk/talk.js';
import type { LockAnswer, LockMessage } from '../server/endpoints/endpoint-lock.js';

/** Milliseconds after which a connection that a worker gave away, and that no worker has, counts as lost. */
export const LOST_MS = 10_000;

/** A message of a worker. */
export type WorkerMessage =
  /** The worker takes traffic. `report` is what the application says about it. */
  | { readonly naru: 'ready'; readonly node: NodeCode; readonly report: unknown }
  /**
   * A connection comes with this message, for a session of another node. `bytes` were read from it, one character for
   * each byte.
   */
  | { readonly naru: 'hand-over'; readonly node: NodeCode; readonly bytes: string }
  /** The listening socket of a port comes with this message. The worker shares the port, and wants copies. */
  | { readonly naru: 'share-port'; readonly port: string }
  /** The worker listens on a shared port no more. */
  | { readonly naru: 'leave-port'; readonly port: string }
  /** A new connection of a shared port comes with this message, for the worker whose turn it is. */
  | { readonly naru: 'give'; readonly port: string }
  /** The worker has the connection that another one gave away. */
  | { readonly naru: 'took'; readonly gift: number }
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
  /** A copy of the listening socket of a shared port comes with this message. */
  | { readonly naru: 'copy'; readonly port: string }
  /** A new connection of a shared port comes with this message. `gift` is its number. */
  | { readonly naru: 'accept'; readonly port: string; readonly gift: number }
  /** The connection that the worker gave away has arrived. */
  | { readonly naru: 'given' }
  | LockAnswer;

/** The members of the messages of a worker, and of those of the primary to the worker itself, with their types. */
const OF_WORKER: Kinds = {
  ready: { node: 'string' },
  'hand-over': { node: 'string', bytes: 'string' },
  'share-port': { port: 'string' },
  give: { port: 'string' },
  took: { gift: 'number' },
  'leave-port': { port: 'string' },
  'ask-lock': { endpoint: 'string' },
  'release-lock': { endpoint: 'string' },
  'endpoint-opened': { endpoint: 'string', port: 'number' },
};
const OF_PRIMARY: Kinds = {
  ...{ stop: { isGentle: 'boolean', isLast: 'boolean' }, take: { bytes: 'string' }, copy: { port: 'string' } },
  ...{ accept: { port: 'string', gift: 'number' }, retire: {}, given: {} },
};
type Kinds = Readonly<Record<string, Readonly<Record<string, 'string' | 'number' | 'boolean'>>>>;

/** Returns a message as one of a worker, or `undefined` for a message of the application. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  return isOf(OF_WORKER, message) ? (message as WorkerMessage) : undefined;
}

/**
 * Returns a message as one of the primary to the worker itself, or `undefined` for one of the application, or to an
 * endpoint.
 */
export function readPrimaryMessage(message: unknown): Exclude<PrimaryMessage, LockAnswer> | undefined {
  return isOf(OF_PRIMARY, message) ? (message as Exclude<PrimaryMessage, LockAnswer>) : undefined;
}

function isOf(kinds: Kinds, message: unknown): boolean {
  const fields = { ...(message as Record<string, unknown> | null) };
  const kind = Object.hasOwn(kinds, String(fields.naru)) ? kinds[String(fields.naru)] : undefined;
  return kind !== undefined && Object.entries(kind).every(([name, type]) => typeof fields[name] === type);
}
