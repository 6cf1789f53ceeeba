/**
 * The versions of what one process writes and another one reads. Everything begins with version 1. A later version
 * keeps reading earlier ones. A process that finds a later version than it reads warns once.
 *
 * Servers of two neighbouring versions of Naru run together while they are updated, and may be put back. So a new
 * format takes two releases:
 * the first one reads it and goes on writing the earlier one, and the next one writes it. Then a server never depends
 * on which others run. The same holds for a new name of a message. Members of a JSON object need no new version, if an
 * earlier process may drop them when it writes the object again.
 *
 * A process acts as follows on a later version:
 *
 * - The folder, and the state of a namespace: refused (local/database.ts).
 * - A record of the log: reads as a gap, and retention keeps it (local/records/record.ts).
 * - A batch of a broker: the same (remote/log/batch.ts).
 * - A text of the store: a JSON object has its version in `v`. A session of a later version is unknown.
 * - An answer to an event with a key: counts as the claim of another process (namespace/once/once-store.ts).
 * - A durable subscription of STOMP: begins anew (durable-place.ts).
 * - A table: its entries are counted again, and a node or a presence that is not known is left out
 *   (local/local-tables.ts).
 * - A told record: a new meaning gets a new name. A node passes over unknown names (namespace/remote/remote-calls.ts).
 * - A text or an entry of a table in NATS: unknown, as if it was not there (nats/store/head.ts).
 * - An entry or the state of the work queues: refused (queue-entry.ts).
 * - A table in Redis: refused, if it has the field `format` (redis/script.ts).
 * - Talk: the link and each message have a version. The head of a frame may have unknown members.
 * - Talk over a home: a frame of a later version, or of an unknown kind, is dropped and counted (remote/said.ts).
 *
 * - A request that is passed on: the header with the facts is a JSON object, whose unknown members count for nothing
 *   (links/client-facts.ts).
 * - A message between the primary and a worker: a new meaning gets a new name. Unknown names are passed over
 *   (workers/messages.ts).
 *
 * The signal file has no content. Of the names in `nodes` only the ending counts.
 */

/**
 * The versions of a format. Invariant: `written` is at most `read`, and the previous minor version of Naru reads it,
 * too.
 */
export interface Format {
  /** The newest version that this process reads. */
  readonly read: number;
  /** The version that this process writes. */
  readonly written: number;
}

/** The formats. */
export const FORMATS = {
  /** The folder, and the state of a namespace in it. */
  folder: { read: 1, written: 1 },
  /** A record in a folder. */
  record: { read: 1, written: 1 },
  /** The records that were appended together, in a broker. */
  batch: { read: 1, written: 1 },
  /** A JSON object in the store. The member `v` is absent for version 1. */
  object: { read: 1, written: 1 },
  /** A link between the processes of a folder. */
  link: { read: 1, written: 1 },
  /** A message between nodes. */
  message: { read: 1, written: 1 },
  /** A frame of messages over a broker. */
  frame: { read: 1, written: 1 },
  /** A text, or an entry of a table, in NATS. */
  natsText: { read: 1, written: 1 },
  /**
   * An entry, or the state, of the work queues. A command that has another outcome than before needs a new version,
   * too.
   */
  queues: { read: 1, written: 1 },
} as const satisfies Record<string, Format>;

/** Whether this process reads a version of a format. */
export function isReadable({ read }: Format, version: unknown): boolean {
  return typeof version === 'number' && version >= 1 && version <= read;
}

const warned = new Set<string>();

/**
 * Warns that a later version of Naru wrote something, in a version of a format if there is one. It warns once for each
 * kind of thing.
 */
export function warnOfLaterVersion(what: string, format?: Format, version?: unknown): void {
  if (warned.has(what)) return;
  warned.add(what);
  const problem = format
    ? `in format ${String(version)}. This version reads formats up to ${format.read}`
    : 'which this version cannot read';
  process.emitWarning(`A later version of Naru wrote ${what}${format ? ' ' : ', '}${problem}. Update this process.`, {
    code: 'NARU_LATER_VERSION',
  });
}

/**
 * Returns the members of a JSON object from the store, whose version is absent or one that this process reads. Returns
 * `undefined` for any other text. `what` names it in the warning about a later version.
 */
export function readStoredObject(text: string, what: string): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const object = value as Readonly<Record<string, unknown>>;
  if (object.v === undefined || isReadable(FORMATS.object, object.v)) return object;
  warnOfLaterVersion(what, FORMATS.object, object.v);
  return undefined;
}
