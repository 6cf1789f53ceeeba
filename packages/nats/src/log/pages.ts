/** Reads records from the stream of a group: messages, and the rewritten batches that stand for erased ones. */

import { recordsAt, recordsUpTo } from '@naru/broker';
import { decodeOffset, type Offset, type StoredRecord } from 'naru/backplane';
import type { KeptMessage, NatsConnection } from '../connection.js';
import type { Group, NamespaceState } from './group.js';
import { readMessages } from './messages.js';

/** Messages that are asked for together. */
const PLACES_AT_ONCE = 64;

/** A batch in the log. */
export interface Piece {
  readonly seq: number;
  readonly data: Uint8Array;
}

/** Batches in their order. */
export interface Pieces {
  readonly pieces: readonly Piece[];
  /** Whether they go up to the end of what was asked for. */
  readonly isEnd: boolean;
  /** The sequence up to which they go otherwise. */
  readonly to: number;
}

/**
 * Reads batches of a namespace from one sequence up to another, at least as many as have `count` records. Those that
 * were removed do not count.
 */
export async function readPieces(
  connection: NatsConnection,
  group: Group,
  name: string,
  from: number,
  before: number,
  count: number,
): Promise<Pieces> {
  for (;;) {
    // The cache may still have what was removed.
    const { trimmed, subject } = group.namespace(name);
    const start = Math.max(from, trimmed + 1);
    const read = await readKept(connection, group, name, start, before, count);
    const now = group.namespace(name);
    // Messages for single tags may be missing if this node did not know that there are any.
    if (now.trimmed < start && now.subject === subject) return read;
  }
}

/**
 * Reads batches as `readPieces` does. Records of removed batches that the cache still has count, too, and are then left
 * out.
 */
async function readKept(
  connection: NatsConnection,
  group: Group,
  name: string,
  from: number,
  before: number,
  count: number,
): Promise<Pieces> {
  const { stream } = group;
  const pieces = new Map<number, Uint8Array>();
  let left = count;
  let to = from - 1;
  const { subject } = group.namespace(name);
  let cached = group.cache.first(name, from);
  for (; cached && cached.seq < before && left > 0; cached = group.cache.get(name, cached.next)) {
    pieces.set(cached.seq, cached.body);
    to = cached.seq;
    left -= cached.count;
  }
  // The next messages have as many records as the ones before them.
  const expected = (): number => (left < count ? Math.ceil((left / (count - left)) * pieces.size) : left);
  const wanted = { stream, subject, from: to + 1, before, expected };
  const take = ({ seq, body, header }: KeptMessage): boolean => {
    const { count: records } = headOf(header('Nats-Msg-Id'));
    pieces.set(seq, body);
    if (group.namespace(name).subject === subject) group.cache.add(name, { seq, body, count: records }, to);
    to = seq;
    left -= records;
    return left > 0;
  };
  const isEnd = left > 0 && (await readMessages(connection, wanted, take));
  // A rewritten batch is there before the message is erased, so it is found now.
  await group.sync(connection);
  const { sides, trimmed } = group.namespace(name);
  const end = isEnd ? before : to + 1;
  for (const [original, side] of sides) {
    if (original < from || original >= end || original <= trimmed) continue;
    const message = await readSide(connection, group, name, original, side);
    if (message) pieces.set(original, message.body);
  }
  return {
    pieces: [...pieces]
      .filter(([seq]) => seq > trimmed)
      .sort(([one], [other]) => one - other)
      .map(([seq, data]) => ({ seq, data })),
    isEnd,
    to,
  };
}

/** Reads the records at some offsets, which rise. */
export async function readPlaces(
  connection: NatsConnection,
  group: Group,
  name: string,
  offsets: readonly Offset[],
): Promise<readonly StoredRecord[]> {
  const last = offsets.at(-1);
  // By then, the base records before that offset are known.
  if (last !== undefined) await group.placeOf(connection, last);
  const seqs = [...new Set(offsets.map((offset) => group.numbers.place(offset)?.seq ?? 0))].filter((seq) => seq > 0);
  const bodies: (Uint8Array | undefined)[] = [];
  for (let at = 0; at < seqs.length; at += PLACES_AT_ONCE)
    bodies.push(
      ...(await Promise.all(
        seqs.slice(at, at + PLACES_AT_ONCE).map(async (seq) => {
          const cached = group.cache.get(name, seq);
          if (cached) return cached.body;
          const message = await connection.get(group.stream, { seq });
          return message?.subject.startsWith(group.namespace(name).prefix) ? message.body : undefined;
        }),
      )),
    );
  // A rewritten batch is there before the message is erased, so it is found now.
  await group.sync(connection);
  const wanted = offsets.map((offset) => decodeOffset(offset) ?? 0);
  const records: StoredRecord[] = [];
  for (const [at, seq] of seqs.entries()) {
    const side = group.namespace(name).sides.get(seq);
    const rewritten = side === undefined ? undefined : await readSide(connection, group, name, seq, side);
    const data = rewritten?.body ?? bodies[at];
    if (!data || seq <= group.namespace(name).trimmed) continue;
    for (const record of recordsAt(wanted, group.numbers.last(seq), data)) records.push(record);
  }
  return records;
}

/** Reads the batch that stands for a message. Another node may rewrite it meanwhile. */
async function readSide(
  connection: NatsConnection,
  group: Group,
  name: string,
  original: number,
  side: number,
): Promise<KeptMessage | undefined> {
  const message = await connection.get(group.stream, { seq: side });
  if (message) return message;
  return connection.get(group.stream, { last_by_subj: `${group.namespace(name).sideSubject}.${original}` });
}

/** Returns the records of a batch. A damaged one is a gap record. */
export function recordsOf(group: Group, { seq, data }: Piece): StoredRecord[] {
  return recordsUpTo(group.numbers.last(seq), data);
}

/** The content of the id of a message. */
export interface MessageHead {
  readonly writer: string;
  readonly write: string;
  readonly count: number;
  readonly at: number;
}

/** Returns the id of a message. It is the same whenever the same write is sent. */
export function messageId(writer: string, write: string, count: number, at: number): string {
  return `${writer} ${write} ${count} ${Math.floor(at)}`;
}

/** Returns what the id of a message tells. A message without our id has no records. */
export function headOf(id: string | undefined): MessageHead {
  const [writer = '', write = '', count = '0', at = '0'] = (id ?? '').split(' ');
  return { writer, write, count: Number(count) || 0, at: Number(at) || 0 };
}

/** Reads the newest message of a namespace before a sequence, and its number of records. */
export async function readBefore(
  connection: NatsConnection,
  group: Group,
  state: NamespaceState,
  before: number,
): Promise<{ readonly seq: number; readonly count: number }> {
  const { stream } = group;
  const { subject, newest } = state;
  let found = newest.seq < before ? newest : { seq: 0, count: 0 };
  const read = (from: number, isBrief: boolean): Promise<boolean> =>
    readMessages(connection, { stream, subject, from, before, isBrief }, ({ seq, header }) => {
      found = { seq, count: headOf(header('Nats-Msg-Id')).count };
      return true;
    });
  // A node that has appended before needs one question only.
  if (found.seq > 0) await read(found.seq + 1, false);
  for (let span = 64; found.seq === 0; span *= 8) {
    const from = Math.max(1, state.trimmed + 1, before - span);
    await read(from, true);
    if (from <= Math.max(1, state.trimmed + 1)) break;
  }
  const { sides, trimmed } = group.namespace(state.name);
  for (const original of sides.keys())
    if (original < before && original > found.seq) found = { seq: original, count: 0 };
  return found.seq > 0 ? found : { seq: trimmed, count: 0 };
}
