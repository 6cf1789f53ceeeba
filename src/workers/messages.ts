/** The messages between the primary and its workers, on the channel that Node makes for each worker. Applications may use it, too. */
import type { NodeCode } from '../backplane/talk/talk.js';

/** A message of a worker. */
export type WorkerMessage =
  /** The worker takes traffic. `report` is what the application says about it. */
  { readonly naru: 'ready'; readonly node: NodeCode; readonly report: unknown };

/** A message of the primary. */
export type PrimaryMessage =
  /** The worker has to end. With `isGentle`, it first sends its clients away in waves. */
  { readonly naru: 'stop'; readonly isGentle: boolean };

/** Returns a message as one of a worker, or `undefined` for a message of the application. */
export function readWorkerMessage(message: unknown): WorkerMessage | undefined {
  const { naru, node } = fieldsOf(message);
  return naru === 'ready' && typeof node === 'string' ? (message as WorkerMessage) : undefined;
}

/** Returns a message as one of the primary, or `undefined` for a message of the application. */
export function readPrimaryMessage(message: unknown): PrimaryMessage | undefined {
  const { naru, isGentle } = fieldsOf(message);
  return naru === 'stop' && typeof isGentle === 'boolean' ? (message as PrimaryMessage) : undefined;
}

function fieldsOf(message: unknown): Record<string, unknown> {
  return typeof message === 'object' && message !== null ? { ...message } : {};
}
