/**
 * The place in the log that a returning client names: an offset, and the epoch, which tells one life of the log from
 * another.
 */
import { decodeOffset, type Offset } from '../../backplane/backplane.js';
import type { NamespaceContext } from '../../namespace/context.js';

const EPOCH_CHARACTERS = 8;
const epochs = new WeakMap<NamespaceContext, string>();

/** Returns the epoch of a server's log: a random word, or '' without a log and for a log that outlives the server. */
export function epochOf(context: NamespaceContext): string {
  const { backplane } = context;
  if (!backplane || backplane.store.isDurable) return '';
  const epoch = epochs.get(context) ?? context.random.id().slice(0, EPOCH_CHARACTERS);
  epochs.set(context, epoch);
  return epoch;
}

/** Returns the id of an event, which a client sends back as `Last-Event-ID`. */
export function writeMark(offset: Offset, epoch: string): string {
  return epoch === '' ? offset : `${offset}.${epoch}`;
}

/**
 * Returns the offset in a client's `Last-Event-ID`. It is `undefined` if the header is invalid or belongs to another
 * epoch.
 */
export function readMark(mark: string, epoch: string): Offset | undefined {
  const dot = mark.indexOf('.');
  const offset = dot < 0 ? mark : mark.slice(0, dot);
  const isOurs = epoch === (dot < 0 ? '' : mark.slice(dot + 1));
  return isOurs && decodeOffset(offset) !== undefined ? offset : undefined;
}
