/**
 * Gives the connections that a dead worker has not taken to other workers. Node's `cluster` keeps a connection open in
 * the primary until the worker says that it has it. When the worker dies before that, Node forgets the connection, and
 * its client waits for an answer that never comes.
 */
import type { EventEmitter } from 'node:events';
import { systemClock } from '../base/clock.js';

/** A worker's process as its primary sees it. */
type WorkerChild = EventEmitter & { send?: ((message: never, ...rest: never[]) => unknown) | undefined };

/** A message of Node's own between a primary and a worker. */
interface InternalMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

/** A connection as Node sends it. */
interface Closable {
  close?(): void;
}

const CLUSTER = 'NODE_CLUSTER';

/** The workers that listen. */
const listening = new Set<WorkerChild>();

/**
 * Watches which connections a worker gets and takes. When it has ended, each of the others goes to the next worker, as
 * if this one had declined it, or is closed if no other worker listens. Does nothing in a version of Node whose
 * messages look different.
 */
export function returnUntaken(child: WorkerChild): void {
  const { send } = child;
  if (typeof send !== 'function') return;
  /** The connections that the worker has not answered, by the numbers of their messages. */
  const untaken = new Map<number, Closable | undefined>();
  child.send = function (this: WorkerChild, message: InternalMessage, ...rest: unknown[]) {
    if (message?.cmd === CLUSTER && message.act === 'newconn' && typeof message.seq === 'number')
      untaken.set(message.seq, rest[0] as Closable | undefined);
    return (send as (...all: unknown[]) => unknown).call(this, message, ...rest);
  };
  child.on('internalMessage', ({ act, ack }: InternalMessage) => {
    if (act === 'listening') listening.add(child);
    untaken.delete(ack as number);
  });
  let isDisconnected = false;
  child.once('disconnect', () => {
    isDisconnected = true;
  });
  const giveBack = (): void => {
    listening.delete(child);
    if (untaken.size === 0) return;
    // Node waits for the answer of the worker before it tells this, and until then would give more connections to a
    // dead worker.
    if (!isDisconnected) child.emit('disconnect');
    for (const [ack, connection] of untaken) {
      // Node would keep it for a port that nobody listens on any more.
      if (listening.size === 0) connection?.close?.();
      else child.emit('internalMessage', { cmd: CLUSTER, ack, accepted: false });
    }
  };
  // The last answers of the worker may still be in the channel. Between the two turns, all that came is read.
  child.once('exit', () => systemClock.defer(() => systemClock.defer(giveBack, undefined), undefined));
}
