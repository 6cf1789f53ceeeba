/** Appends to the logs of namespaces. A batch is one message in the stream of the namespace's group. */

import type { WriteId } from '@naru/broker';
import { encodeBatch } from '@naru/broker';
import { type Appended, audienceOfAll, encodeOffset, type LogRecord, type Offset } from 'naru/backplane';
import type { Bytes } from 'naru/base';
import { assert, UnavailableError } from 'naru/base';
import type { UplinkParts, UplinkWrite } from '../uplink.js';
import type { LogFollowers } from './followers.js';
import { BASE_HEADER, DUPLICATES_MS, EVERY_NODE, type Group } from './group.js';
import type { LogMemory } from './log-memory.js';
import { readMessages } from './messages.js';
import { SLOTS } from './numbers.js';
import { messageId, readBefore } from './pages.js';

/** Bytes that a message needs besides its batch: its headers, and its way through NATS. */
export const OVERHEAD_BYTES = 4_096;
/** After this time, the stream may no longer know that it has a message. */
const KNOWN_MS = DUPLICATES_MS - 20_000;

/** A message on its way into the stream. */
interface Part {
  readonly id: string;
  readonly records: readonly LogRecord[];
  readonly data: Bytes;
}

/** The appends over one uplink. */
export class LogAppends {
  readonly #parts: UplinkParts;
  readonly #memory: LogMemory;
  readonly #followers: LogFollowers;
  readonly #open: (namespace: string) => Promise<Group>;
  /** The groups to which this uplink can append at once. */
  readonly #ready = new Set<number>();

  constructor(
    parts: UplinkParts,
    memory: LogMemory,
    followers: LogFollowers,
    open: (namespace: string) => Promise<Group>,
  ) {
    this.#parts = parts;
    this.#memory = memory;
    this.#followers = followers;
    this.#open = open;
  }

  /** Whether an append is sent at once. */
  isReady(namespace: string, records: readonly LogRecord[]): boolean {
    const group = this.#memory.group(namespace);
    if (!this.#ready.has(group.number)) return false;
    return audienceOfAll(records) === undefined || group.isMarked(this.#parts.connection, namespace);
  }

  /** Appends records. Those for one tag alone go to a subject of that tag. */
  async append(write: UplinkWrite, namespace: string, records: readonly LogRecord[]): Promise<Appended> {
    const { connection, clock } = this.#parts;
    const group = this.#memory.group(namespace);
    if (!this.#ready.has(group.number)) {
      await this.#open(namespace);
      await group.begin(connection, clock.now());
      this.#ready.add(group.number);
    }
    const tag = audienceOfAll(records);
    if (tag !== undefined && !group.isMarked(connection, namespace)) {
      const id = messageId(write.writer, `${write.number}.tags`, 0, records[0]?.at ?? 0);
      await group.beginTags(connection, namespace, id, encodeBatch(write, []));
    }
    // If one part is too large, none is stored.
    const parts = this.#partsOf(records, write);
    try {
      return await this.#storeAll(write, group, namespace, tag ?? EVERY_NODE, parts);
    } finally {
      // If the uplink breaks, this does not come, and the next uplink knows when they were first sent.
      for (const { id } of parts) this.#memory.sent.delete(id);
    }
  }

  async #storeAll(
    write: UplinkWrite,
    group: Group,
    namespace: string,
    to: string,
    parts: readonly Part[],
  ): Promise<Appended> {
    const offsets: Offset[] = [];
    let before: Omit<Appended, 'offsets'> | undefined;
    for (const part of parts) {
      const count = part.records.length;
      const seq = await this.#store(group, namespace, to, part, part === parts.at(-1) ? write.onSent : undefined);
      before ??= await this.#before(group, namespace, seq, count);
      group.note(group.namespace(namespace), seq, count);
      const last = group.numbers.last(seq);
      for (let at = 1; at <= count; at += 1) offsets.push(encodeOffset(last - count + at));
    }
    assert(before !== undefined, 'an append has records');
    return { offsets, ...before };
  }

  /** Returns the records as messages. Throws UnavailableError if one would be too large. */
  #partsOf(records: readonly LogRecord[], write: WriteId): Part[] {
    const bytesMax = this.#parts.connection.maxPayload - OVERHEAD_BYTES;
    const parts: Part[] = [];
    for (let from = 0; from < records.length; from += SLOTS) {
      const part = records.slice(from, from + SLOTS);
      const data = encodeBatch(write, part);
      if (data.length > bytesMax) throw tooBig(part.length, data.length, bytesMax);
      const id = messageId(write.writer, `${write.number}.${from}`, part.length, part[0]?.at ?? 0);
      parts.push({ id, records: part, data });
    }
    return parts;
  }

  /** Stores a message once. Resolves with its sequence. */
  async #store(
    group: Group,
    namespace: string,
    to: string,
    { id, data }: Part,
    onSent: UplinkWrite['onSent'],
  ): Promise<number> {
    const { connection, clock } = this.#parts;
    const { sent } = this.#memory;
    const subject = `${group.namespace(namespace).prefix}${to}`;
    const earlier = sent.get(id);
    const isOld = earlier !== undefined && clock.now() - earlier.at > KNOWN_MS;
    const found = isOld ? await this.#find(group, subject, id, earlier.newestSeq) : undefined;
    if (!earlier) sent.set(id, { at: clock.now(), newestSeq: group.newestSeq });
    const headers = { 'Nats-Msg-Id': id, [BASE_HEADER]: `${group.baseSeq}` };
    const storing =
      found === undefined
        ? connection.store(subject, data, headers)
        : Promise.resolve({ seq: found, isDuplicate: true });
    onSent?.();
    const { seq, isDuplicate } = await storing;
    // The answer to an earlier uplink got lost, and followers may have missed the message, too.
    if (isDuplicate) this.#followers.tellMore(group, namespace, to);
    this.#memory.retention.onAppended(this.#parts, group, namespace, data.length);
    return seq;
  }

  /** Looks for a message in the log. */
  async #find(group: Group, subject: string, id: string, after: number): Promise<number | undefined> {
    let found: number | undefined;
    await readMessages(
      this.#parts.connection,
      { stream: group.stream, subject, from: after + 1, isBrief: true },
      ({ seq, header }) => {
        if (header('Nats-Msg-Id') === id) found = seq;
        return found === undefined;
      },
    );
    return found;
  }

  /** Returns what stands before a message of this uplink, and what of it this node was told. */
  async #before(group: Group, namespace: string, seq: number, count: number): Promise<Omit<Appended, 'offsets'>> {
    const newest = await this.#followers.orderOf(namespace)?.before(seq);
    const told = newest === undefined ? undefined : group.offset(newest);
    if (group.hasTags(namespace)) return { previous: group.placeBefore(seq, count), told };
    if (told !== undefined) return { previous: told, told };
    const { seq: before } = await readBefore(this.#parts.connection, group, group.namespace(namespace), seq);
    return { previous: group.offset(before) };
  }
}

function tooBig(count: number, size: number, max: number): UnavailableError {
  const what = count === 1 ? 'An event has' : `${count} events that are stored together have`;
  return new UnavailableError(
    'NOT_KEPT',
    `${what} ${size} bytes, and NATS takes up to ${max}. Send less at once, or raise max_payload of NATS.`,
  );
}
