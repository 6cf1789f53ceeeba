/** The messages between the primary and its workers, on the channel that Node makes for each worker. Applications may use it, too. */
import type { NodeCode } from '../backplane/talk/talk.js';

/** A message of a worker. */
export type WorkerMessage =
  /** The worker takes traffic. `report` is what the application says about it. */
  | { readonly naru: 'ready'; readonly node: NodeCode; readonly report: unknown }
  /** A connection comes with this message, for a session of another node. `bytes` were read from it, one character for each byte. */
  | { readonly naru: 'hand-over'; readonly node: NodeCode; readonly bytes: string };

/** A message of the primary. */
export type PrimaryMessage =
  /** The worker has to end. With `isGentle`, it first sends its clients away in waves. With `isLast`, no others take the new connections. */
  | { readonly naru: 'stop'; readonly isGentle: boolean; readonly isLast: boolean }
  /** A connection comes with this message, for a session of this worker. */
  | { readonly naru: 'take'; readonly bytes: string };

/** Returns a message as one of a worker, or `undefined` for a message of the application. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  const { naru, node, bytes } = fieldsOf(message);
  const isKnown = naru === 'ready' || (naru === 'hand-over' && typeof bytes === 'string');
  return isKnown && typeof node === 'string' ? (message as WorkerMessage) : undefined;
}

/** Returns a message as one of the primary, or `undefined` for a message of the application. */
export function readPrimaryMessage(message: unknown): PrimaryMessage | undefined {
  const { naru, isGentle, isLast, bytes } = fieldsOf(message);
  const isStop = naru === 'stop' && typeof isGentle === 'boolean' && typeof isLast === 'boolean';
  const isKnown = isStop || (naru === 'take' && typeof bytes === 'string');
  return isKnown ? (message as PrimaryMessage) : undefined;
}

function fieldsOf(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : {};
}
