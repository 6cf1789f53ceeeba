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
/** Milliseconds after which no further records and namespaces are looked through. */
const SEARCH_MS = 800;
const ISO = /^\d{4}-\d\d-\d\dT/;

/**
 * The event that is looked for: that of an offset, the newest one of a name, or the first one from a time on. With both
 * a name and a time, it is the first one of that name from then on.
 */
export type Wanted =
  | { readonly offset: Offset }
  | { readonly name: string }
  | { readonly at: number }
  | { readonly name: string; readonly at: number };

/** Reads what a query looks for. Throws ConfigError. */
export function wantedOf(client: unknown, event: unknown, since?: unknown): Wanted {
  if (typeof client !== 'string' || client === '')
    throw new ConfigError('BAD_ARGUMENT', `The client must be the id of a socket, got ${shown(client)}.`);
  const wanted = readEvent(event);
  if (since === undefined) return wanted;
  const at = readTime(since);
  if (at === undefined) throw new ConfigError('BAD_ARGUMENT', `The time "since" must be a time, got ${shown(since)}.`);
  if ('name' in wanted) return { ...wanted, at };
  throw new ConfigError('BAD_ARGUMENT', `The time "since" goes with the name of an event, got ${shown(event)}.`);
}

function readEvent(event: unknown): { readonly offset: Offset } | { readonly name: string } | { readonly at: number } {
  const at = readTime(event);
  if (at !== undefined) return { at };
  if (typeof event !== 'string' || event === '')
    throw new ConfigError('BAD_ARGUMENT', `The event must be an offset, a name or a time, got ${shown(event)}.`);
  return decodeOffset(event) === undefined ? { name: event } : { offset: event };
}

function readTime(time: unknown): number | undefined {
  const at =
    time instanceof Date ? time.getTime() : typeof time === 'string' && ISO.test(time) ? Date.parse(time) : time;
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined;
}

/** The outcome of a search. */
export interface Found {
  readonly event?: ExplainedEvent;
  /**
   * The time from which on a log was looked through, if what it has from before that may fit, or fit better. The log
   * was too long, or there was no time left.
   */
  readonly lookedSince?: number | undefined;
}

type SearchHost = Pick<ExplainHost, 'namespaces' | 'logOf' | 'clock'>;

/** Finds an event: in the namespaces of the client first, in their logs or in the memory of the nodes. */
export async function findEvent(host: SearchHost, wanted: Wanted, findings: readonly Findings[]): Promise<Found> {
  const startedAt = host.clock.now();
  const hasTime = (): boolean => host.clock.now() < startedAt + SEARCH_MS;
  let [count, lookedSince]: [number, number | undefined] = [0, undefined];
  for await (const name of namespacesOf(host, findings)) {
    count += 1;
    if (count > NAMESPACES_MAX) return { lookedSince: startedAt };
    const log = host.logOf(name);
    const isLate = count > 1 && !hasTime();
    const looked = isLate ? { lookedTo: startedAt } : log && (await findRecord(log, name, wanted, hasTime));
    const { record, logSince, lookedTo = 0 }: FoundRecord = (log && looked) ?? {};
    const sent = sentOf(name, wanted, findings);
    // A volatile or local event may be newer than that of the log.
    const isNext = record && (!sent || ('at' in wanted ? record.at <= sent.at : record.at >= sent.at));
    if (isNext) return { event: { ...eventOf(name, record), logSince }, lookedSince };
    const mayHaveMore = lookedTo > 0 && (!sent || 'at' in wanted || sent.at < lookedTo);
    if (mayHaveMore) lookedSince = Math.max(lookedTo, lookedSince ?? 0);
    if (sent) return { event: sent, lookedSince };
  }
  return { lookedSince };
}

/** Lists the namespaces that may have an event: those of the client first, and those that only the log has last. */
async function* namespacesOf(host: SearchHost, findings: readonly Findings[]): AsyncGenerator<string> {
  const own = findings.flatMap(({ facts, live }) => [...facts, ...live]);
  const others = findings.flatMap(({ sent }) => sent);
  const names = new Set([...[...own, ...others].map(({ namespace }) => namespace), ...host.namespaces]);
  yield* names;
  // All namespaces with a log have the same one.
  const log = [...names].map((name) => host.logOf(name)).find((one) => one !== undefined);
  for (const name of (await log?.namespaces?.()) ?? []) if (!names.has(name)) yield name;
}

interface FoundRecord {
  readonly record?: StoredRecord | undefined;
  /** The time of the oldest record of the log, if the log may no longer have what is looked for. */
  readonly logSince?: number;
  /** The time of the oldest record that was looked at, if the log has more. */
  readonly lookedTo?: number;
}

/** Finds a record in a log. */
async function findRecord(
  log: Log,
  namespace: string,
  wanted: Wanted,
  hasTime: () => boolean,
): Promise<FoundRecord | undefined> {
  if ('offset' in wanted) {
    const { records } = await log.readBack(namespace, nextOffset(wanted.offset), 1);
    const [record] = records;
    return record?.offset === wanted.offset && isEvent(record) ? { record } : undefined;
  }
  let before: Offset | undefined;
  let record: StoredRecord | undefined;
  let logSince = 0;
  for (let looked = 0; looked < LOOKED_MAX && (looked === 0 || hasTime()); looked += PAGE) {
    const { records } = await log.readBack(namespace, before, PAGE);
    for (const one of records.toReversed()) {
      if (!isEvent(one)) continue;
      if ('at' in wanted && one.at < wanted.at) return { record };
      if ('name' in wanted && nameIn(one.event) !== wanted.name) continue;
      record = one;
      if (!('at' in wanted)) return { record };
    }
    before = records[0]?.offset;
    if (before === undefined) return 'at' in wanted && logSince > wanted.at ? { record, logSince } : { record };
    logSince = records[0]?.at ?? logSince;
  }
  // An earlier record may be the first.
  return { lookedTo: logSince };
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
  const found = 'at' in wanted ? sent.find(({ one }) => one.at >= wanted.at) : sent.at(-1);
  return found && { ...factsOf(found.one), node: found.node };
}

function factsOf({ namespace, event, at, rooms, except, isVolatile, isLocal, number }: SentEntry): ExplainedEvent {
  return { namespace, event, at, rooms, except, isVolatile, isLocal, number };
}

function eventOf(namespace: string, { event, offset, at, rooms, except }: StoredRecord): ExplainedEvent {
  return { namespace, event: String(nameIn(event)), offset, at, rooms, except, isVolatile: false, isLocal: false };
}
