/** The texts of a home in NATS: the newest message of a subject has the text of a key. */

import type { StoreName } from '@naru/broker';
import type { Swapped, TextBounds } from 'naru/backplane';
import { decodeUtf8, encodeUtf8, utf8Size } from 'naru/base';
import type { KeptMessage } from '../connection.js';
import type { Methods, UplinkWrite } from '../uplink.js';
import { decodeHead, encodeHead, GONE, type Head } from './head.js';
import type { Shelf } from './shelf.js';
import { decodeKey, encodeKey, keyToken } from './subjects.js';
import { isOf, isOvertaken } from './writes.js';

/** The part of a key up to here has a token of its own, so that keys can be listed by it. */
const HEAD_END = /[ :]/;

/** The place of a text. */
interface Place {
  readonly shelf: Shelf;
  readonly subject: string;
  readonly key: string;
}

/** A text that this uplink has written. */
interface Known {
  readonly seq: number;
  readonly value: string;
  /** Until then, it has surely not expired. */
  readonly until: number;
}

/** Bytes of the texts that an uplink remembers after it has written them, and those that each takes besides. */
const KNOWN_BYTES_MAX = 16 * 1024 * 1024;
const KNOWN_COST = 300;

/** The texts over one uplink. Each change is one message that names its write. */
export class NatsTexts {
  readonly #shelfOf: (store: StoreName) => Shelf;
  /** By their subjects. Those that were written first come first. */
  readonly #known = new Map<string, Known>();
  #knownBytes = 0;

  /** `shelfOf` returns the place for the texts of a namespace. */
  constructor(shelfOf: (store: StoreName) => Shelf) {
    this.#shelfOf = shelfOf;
  }

  readonly methods: Methods<'get' | 'list' | 'trim' | 'set' | 'delete' | 'swap'> = {
    get: async (_, store, key) => {
      const { shelf, subject } = this.#placeOf(store, key);
      return textOf(shelf, await shelf.stream.last(subject));
    },
    list: (_, prefix, limit) => this.#list(prefix, limit),
    trim: (_, prefix, bounds) => this.#trim(prefix, bounds),
    set: (write, store, key, value, expiresInMs) =>
      this.#write(write as UplinkWrite, this.#placeOf(store, key), value, headOf(value, expiresInMs)),
    delete: (write, store, key) => this.#write(write as UplinkWrite, this.#placeOf(store, key), '', GONE),
    swap: (write, store, key, expected, value, expiresInMs) =>
      this.#swap(write as UplinkWrite, this.#placeOf(store, key), expected, value, headOf(value, expiresInMs)),
  };

  async #write(write: UplinkWrite, { shelf, subject, key }: Place, value: string, head: Head): Promise<void> {
    const attempt = await shelf.begin(write);
    if (attempt === 'done') return;
    const { isFirst, onSent } = attempt;
    for (;;) {
      const newest = isFirst ? undefined : await shelf.stream.last(subject);
      // If somebody else writes meanwhile, this write counts as the one before.
      if (isOvertaken(newest, write, attempt)) return;
      const expected = isFirst ? undefined : (newest?.seq ?? 0);
      const headers = { ...attempt.headers, ...encodeHead(head), ...encodeKey(subject, key) };
      const stored = await shelf.stream.publish(subject, encodeUtf8(value), headers, expected, onSent);
      this.#note(shelf, subject, stored && !head.isGone ? { seq: stored.seq, value } : undefined, head);
      if (stored) return;
      attempt.onRefused();
    }
  }

  async #swap(
    write: UplinkWrite,
    { shelf, subject, key }: Place,
    expected: string | undefined,
    value: string | undefined,
    head: Head,
  ): Promise<Swapped> {
    const attempt = await shelf.begin(write);
    if (attempt === 'done') return { swapped: true, value: expected };
    const body = encodeUtf8(value ?? '');
    const put = async (seq: number): Promise<boolean> => {
      const headers = { ...attempt.headers, ...encodeHead(head), ...encodeKey(subject, key) };
      const stored = await shelf.stream.publish(subject, body, headers, seq, attempt.onSent);
      this.#note(shelf, subject, stored && value !== undefined ? { seq: stored.seq, value } : undefined, head);
      if (!stored) attempt.onRefused();
      return stored !== undefined;
    };
    const known = this.#known.get(subject);
    // The server compares the sequence, so a text that this node has written itself need not be read.
    const isKnown =
      attempt.isFirst && known !== undefined && known.value === expected && known.until > shelf.local.now();
    if (known && isKnown && (await put(known.seq))) return { swapped: true, value: expected };
    for (;;) {
      const newest = await shelf.stream.last(subject);
      if (isOf(newest, write)) return { swapped: true, value: expected };
      const before = await textOf(shelf, newest);
      if (before !== expected) return { swapped: false, value: before };
      // If somebody else has written meanwhile, the comparison is made again.
      if (await put(newest?.seq ?? 0)) return { swapped: true, value: before };
    }
  }

  /** Remembers a text that was stored. For the second half of its life it is read. */
  #note(
    shelf: Shelf,
    subject: string,
    text: { readonly seq: number; readonly value: string } | undefined,
    head: Head,
  ): void {
    this.#forget(subject);
    if (!text) return;
    const until = shelf.local.now() + (head.lifeMs ?? Number.POSITIVE_INFINITY) / 2;
    this.#known.set(subject, { ...text, until });
    this.#knownBytes += text.value.length + KNOWN_COST;
    for (const oldest of this.#known.keys()) {
      if (this.#knownBytes <= KNOWN_BYTES_MAX) return;
      this.#forget(oldest);
    }
  }

  #forget(subject: string): void {
    const known = this.#known.get(subject);
    if (!known) return;
    this.#known.delete(subject);
    this.#knownBytes -= known.value.length + KNOWN_COST;
  }

  async #list(prefix: string, limit: number): Promise<readonly (readonly [string, string])[]> {
    const shelf = this.#shelfOf(undefined);
    const found = await this.#find(shelf, prefix, false);
    const texts: (readonly [string, string])[] = [];
    for (const key of [...found.keys()].sort()) {
      if (texts.length >= limit) break;
      const text = await textOf(shelf, found.get(key));
      if (text !== undefined) texts.push([key, text]);
    }
    return texts;
  }

  async #trim(prefix: string, { countMax, bytesMax, sparedMs }: TextBounds): Promise<void> {
    const shelf = this.#shelfOf(undefined);
    const now = await shelf.clock.now();
    const texts = [...(await this.#find(shelf, prefix, true))].flatMap(([key, message]) => {
      const head = decodeHead(message);
      const endsAt = message.at + (head?.lifeMs ?? Number.POSITIVE_INFINITY);
      const isCounted = head && !head.isGone && endsAt > now + sparedMs;
      const size = utf8Size(key) + Number(message.header('Nats-Msg-Size') ?? message.body.byteLength);
      return isCounted ? [{ seq: message.seq, endsAt, size }] : [];
    });
    texts.sort((one, other) => (one.endsAt === other.endsAt ? 0 : one.endsAt - other.endsAt));
    let bytes = texts.reduce((sum, { size }) => sum + size, 0);
    let count = 0;
    for (const { size } of texts) {
      if (texts.length - count <= countMax && bytes <= bytesMax) break;
      bytes -= size;
      count += 1;
    }
    await shelf.stream.deleteAll(texts.slice(0, count).map(({ seq }) => seq));
  }

  /** Returns the newest messages of the keys with a beginning, also those that mean nothing any more. */
  async #find(shelf: Shelf, prefix: string, isBrief: boolean): Promise<ReadonlyMap<string, KeptMessage>> {
    const found = new Map<string, KeptMessage>();
    const [head] = splitKey(prefix);
    const filter = `${placePrefix(shelf, undefined)}.${head === '' ? '*' : keyToken(head)}.*`;
    const note = (message: KeptMessage): void => {
      const key = decodeKey(message, 2);
      if (key.startsWith(prefix)) found.set(key, message);
    };
    await shelf.stream.scan(filter, 1, note, { isBrief });
    return found;
  }

  #placeOf(store: StoreName, key: string): Place {
    const shelf = this.#shelfOf(store);
    const [head, rest] = splitKey(key);
    return { shelf, subject: `${placePrefix(shelf, store)}.${keyToken(head)}.${keyToken(rest)}`, key };
  }
}

/** The beginning of all subjects of a store. */
export function placePrefix({ stream }: Shelf, store: StoreName): string {
  return store === undefined ? `${stream.prefix}.x` : `${stream.prefix}.n.${keyToken(store)}`;
}

async function textOf(shelf: Shelf, message: KeptMessage | undefined): Promise<string | undefined> {
  return message && (await shelf.isAlive(message)) ? decodeUtf8(message.body) : undefined;
}

function headOf(value: string | undefined, lifeMs: number | undefined): Head {
  return value === undefined ? GONE : { lifeMs, isGone: false, since: 0 };
}

/** Splits a key, so that all keys with the same first part have the same token for it, and no others. */
function splitKey(key: string): readonly [head: string, rest: string] {
  const end = key.search(HEAD_END) + 1;
  return [key.slice(0, end), key.slice(end)];
}
