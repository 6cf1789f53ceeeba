/** A place in the log as clients say it when they come back: an offset, and which life of the log it is of. */
import { decodeOffset, type Offset } from '../../backplane/backplane.js';
import type { NamespaceContext } from '../../namespace/context.js';

const EPOCH_CHARACTERS = 8;
const epochs = new WeakMap<NamespaceContext, string>();

/** The life of a server's log: '' where it outlives the server, else a word that no other server has. */
export function epochOf(context: NamespaceContext): string {
  const { backplane } = context;
  if (!backplane || backplane.store.isDurable) return '';
  let epoch = epochs.get(context);
  if (epoch === undefined) {
    epoch = context.random.id().slice(0, EPOCH_CHARACTERS);
    epochs.set(context, epoch);
  }
  return epoch;
}

/** The id of an event: what a client says as `Last-Event-ID`. */
export function writeMark(offset: Offset, epoch: string): string {
  return epoch === '' ? offset : `${offset}.${epoch}`;
}

/** The offset that a client came to; `undefined` for what is none, or is of another life of the log. */
export function readMark(mark: string, epoch: string): Offset | undefined {
  const dot = mark.indexOf('.');
  const offset = dot < 0 ? mark : mark.slice(0, dot);
  const isOurs = epoch === (dot < 0 ? '' : mark.slice(dot + 1));
  return isOurs && decodeOffset(offset) !== undefined ? offset : undefined;
}
