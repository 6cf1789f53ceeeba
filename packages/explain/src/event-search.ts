/** Finds an event by its offset, its name or a time: in the logs, and in the memory of the nodes. */

import type { StoredRecord } from 'naru/backplane';
import { decodeOffset, isErased, isForNoSocket, isGapRecord, type Log, nextOffset, type Offset } from 'naru/backplane';
import { ConfigError, shown } from 'naru/base';
import { type ExplainHost, type Findings, nameIn, type SentEntry } from 'naru/server/explain';
import type { ExplainedEvent } from './judge.js';

/** Records that are read at once, and the most that are looked through for a name or a time. */
const PAGE = 256;
const LOOKED_MAX = 8_192;
/** The most namespaces in which an event is looked for, those of the client first. */
const NAMESPACES_MAX = 1_000;
const ISO = /^\d{4}-\d\d-\d\dT/;

/** An offset, a name or a time that is looked for. */
export type Wanted = { readonly offset: Offset } | { readonly name: string } | { readonly at: number };

/** Reads what a query looks for. Throws ConfigError. */
export function wantedOf(client: unknown, event: unknown): Wanted {
  if (typeof client !== 'string' || client === '')
    throw new ConfigError('BAD_ARGUMENT', `The client must be the id of a socket, got ${shown(client)}.`);
  const at =
    event instanceof Date ? event.getTime() : typeof event === 'string' && ISO.test(event) ? Date.parse(event) : event;
  if (typeof at === 'number' && Number.isFinite(at)) return { at };
  if (typeof event !== 'string' || event === '')
    throw new ConfigError('BAD_ARGUMENT', `The event must be an offset, a name or a time, got ${shown(event)}.`);
  return decodeOffset(event) === undefined ? { name: event } : { offset: event };
}

/** Finds an event: in the namespaces of the client first, in their logs or in the memory of the nodes. */
export async function findEvent(
  host: Pick<ExplainHost, 'namespaces' | 'logOf'>,
  wanted: Wanted,
  findings: readonly Findings[],
): Promise<ExplainedEvent | undefined> {
  const own = findings.flatMap(({ facts, live }) => [...facts, ...live]);
  const others = findings.flatMap(({ sent }) => sent);
  const names = new Set([...[...own, ...others].map(({ namespace }) => namespace), ...host.namespaces]);
  for (const name of [...names].slice(0, NAMESPACES_MAX)) {
    const log = host.logOf(name);
    const record = log && (await findRecord(log, name, wanted));
    const sent = sentOf(name, wanted, findings);
    // A volatile or local event may be newer than that of the log.
    const isNext = record && (!sent || ('name' in wanted ? record.at >= sent.at : record.at <= sent.at));
    if (isNext) return eventOf(name, record);
    if (sent) return sent;
  }
  return undefined;
}

/** Finds a record in a log. */
async function findRecord(log: Log, namespace: string, wanted: Wanted): Promise<StoredRecord | undefined> {
  if ('offset' in wanted) {
    const { records } = await log.readBack(namespace, nextOffset(wanted.offset), 1);
    const [record] = records;
    return record?.offset === wanted.offset && isEvent(record) ? record : undefined;
  }
  let before: Offset | undefined;
  let first: StoredRecord | undefined;
  for (let looked = 0; looked < LOOKED_MAX; looked += PAGE) {
    const { records } = await log.readBack(namespace, before, PAGE);
    for (const record of records.toReversed()) {
      if (!isEvent(record)) continue;
      if ('name' in wanted && nameIn(record.event) === wanted.name) return record;
      if ('at' in wanted && record.at < wanted.at) return first;
      first = record;
    }
    before = records[0]?.offset;
    if (before === undefined) return 'at' in wanted ? first : undefined;
  }
  // An earlier record may be the first.
  return undefined;
}

/** Whether a record is an event of the program that is still there. */
function isEvent(record: StoredRecord): boolean {
  return !isForNoSocket(record) && !isGapRecord(record) && !isErased(record);
}

/** Returns the event that no log keeps and that is looked for: the newest of a name, or the first from a time on. */
function sentOf(namespace: string, wanted: Wanted, findings: readonly Findings[]): ExplainedEvent | undefined {
  if ('offset' in wanted) return undefined;
  const sent = findings.flatMap(({ node, sent }) =>
    sent.filter((one) => one.namespace === namespace).map((one) => ({ node, one })),
  );
  sent.sort((a, b) => a.one.at - b.one.at);
  const found = 'name' in wanted ? sent.at(-1) : sent.find(({ one }) => one.at >= wanted.at);
  return found && { ...factsOf(found.one), node: found.node };
}

function factsOf({ namespace, event, at, rooms, except, isVolatile, isLocal, number }: SentEntry): ExplainedEvent {
  return { namespace, event, at, rooms, except, isVolatile, isLocal, number };
}

function eventOf(namespace: string, { event, offset, at, rooms, except }: StoredRecord): ExplainedEvent {
  return { namespace, event: String(nameIn(event)), offset, at, rooms, except, isVolatile: false, isLocal: false };
}
