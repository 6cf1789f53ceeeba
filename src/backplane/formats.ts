/**
 * The versions of what one process writes and another one reads. Everything begins with version 1. A later version keeps reading earlier
 * ones. A process that finds a later version than its own warns once.
 *
 * - The folder, and the state of a namespace or a queue: refused (local/database.ts).
 * - A record of the log: reads as a gap, and retention keeps it (local/records/record.ts).
 * - A batch of a broker: the same (remote/batch.ts).
 * - A text of the store: a JSON object has its version in `v`. A session of a later version is unknown.
 * - An answer to an event with a key: counts as the claim of another process (namespace/once/once-store.ts).
 * - A durable subscription of STOMP: begins anew (wires/stomp/subscriptions/durable-place.ts).
 * - A table: its entries are counted again, and a node or a presence that is not known is left out (local/local-tables.ts).
 * - A told record: a new meaning gets a new name. A node passes over unknown names (namespace/remote/remote-calls.ts).
 * - A text or an entry of a table in NATS: unknown, as if it was not there (nats/store/head.ts).
 * - A command or the state of the queues in NATS: refused (nats/store/queue-log.ts).
 * - A table and the work queues in Redis: refused, if they have the field `format` (redis/script.ts).
 * - Talk: the link and each message have a version. The head of a frame may have unknown members (talk/frames.ts).
 * - Talk over a home: a frame of a later version, or of an unknown kind, is dropped and counted (remote/said.ts).
 *
 * The signal file has no content. Of the names in `nodes` only the ending counts.
 */

const warned = new Set<string>();

/** Warns that a later version of Naru wrote something. It warns once for each kind of thing. */
export function warnOfLaterVersion(what: string): void {
  if (warned.has(what)) return;
  warned.add(what);
  process.emitWarning(`A later version of Naru wrote ${what}, which this version cannot read. Update this process.`, {
    code: 'NARU_LATER_VERSION',
  });
}

/**
 * Returns the members of a JSON object from the store, whose version is 1 or absent. Returns `undefined` for any other text. `what` names it
 * in the warning about a later version.
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
  if (object.v === undefined || object.v === 1) return object;
  warnOfLaterVersion(what);
  return undefined;
}
