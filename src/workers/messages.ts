/** The messages between the primary and its workers, on the channel that Node makes for each worker. Applications may use it, too. */
import type { NodeCode } from '../backplane/talk/talk.js';

/** A message of a worker. */
export type WorkerMessage =
  /** The worker takes traffic. `report` is what the application says about it. */
  | { readonly naru: 'ready'; readonly node: NodeCode; readonly report: unknown }
  /** A connection comes with this message, for a session of another node. `bytes` were read from it, one character for each byte. */
  | { readonly naru: 'hand-over'; readonly node: NodeCode; readonly bytes: string }
  | TurnMessage;

/** A message of a worker about an endpoint that workers cannot share. */
export type TurnMessage =
  /** The worker asks whether it has to open the endpoint. */
  | { readonly naru: 'ask-turn'; readonly endpoint: string }
  /** The worker has opened the endpoint. */
  | { readonly naru: 'turn-taken'; readonly endpoint: string; readonly port: number }
  /** The worker has closed the endpoint, or does not wait for it any more. */
  | { readonly naru: 'end-turn'; readonly endpoint: string };

/** A message of the primary. */
export type PrimaryMessage =
  /** The worker has to end. With `isGentle`, it first sends its clients away in waves. With `isLast`, no others take the new connections. */
  | { readonly naru: 'stop'; readonly isGentle: boolean; readonly isLast: boolean }
  /** The worker takes no new clients any more, because it has to end soon. */
  | { readonly naru: 'retire' }
  /** A connection comes with this message, for a session of this worker. */
  | { readonly naru: 'take'; readonly bytes: string }
  /** The worker has to open the endpoint, at `port` if that is not 0. Without `isYours`, another worker has it now. */
  | { readonly naru: 'turn'; readonly endpoint: string; readonly isYours: boolean; readonly port: number };

/** Returns a message as one of a worker, or `undefined` for a message of the application. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  const { naru, node, bytes, endpoint, port } = fieldsOf(message);
  const isOfNode = naru === 'ready' || (naru === 'hand-over' && typeof bytes === 'string');
  const isOfTurn = naru === 'ask-turn' || naru === 'end-turn' || (naru === 'turn-taken' && typeof port === 'number');
  const isKnown = (isOfNode && typeof node === 'string') || (isOfTurn && typeof endpoint === 'string');
  return isKnown ? (message as WorkerMessage) : undefined;
}

/** Returns a message as one of the primary, or `undefined` for a message of the application. */
export function readPrimaryMessage(message: unknown): PrimaryMessage | undefined {
  const { naru, isGentle, isLast, bytes, endpoint, isYours, port } = fieldsOf(message);
  const isStop = naru === 'stop' && typeof isGentle === 'boolean' && typeof isLast === 'boolean';
  const isTake = naru === 'take' && typeof bytes === 'string';
  const isTurn = naru === 'turn' && typeof endpoint === 'string' && typeof isYours === 'boolean';
  const isKnown = naru === 'retire' || isStop || isTake || (isTurn && typeof port === 'number');
  return isKnown ? (message as PrimaryMessage) : undefined;
}

function fieldsOf(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : {};
}
