/**
 * The texts of the work queues in the store of a backplane. Entries stand in a ring of places, one after the other. A
 * swap adds an entry, so one process wins each place, and the others learn its entry by that.
 */
import type { KeyValueStore } from 'naru/backplane';
import { FORMATS } from 'naru/backplane';
import type { Clock } from 'naru/base';
import { UnavailableError } from 'naru/base';
import {
  checkVersion,
  decodePlace,
  encodeEntry,
  encodeFreed,
  type Place,
  type QueueEntry,
  readJson,
} from './queue-entry.js';
import { QueueFold } from './queue-fold.js';

/** The newest stored state. */
export interface StateHead {
  /** The newest entry in the state. */
  readonly sequence: number;
  /** Number of its parts. */
  readonly parts: number;
  /** The state before it, whose parts may not be removed yet. */
  readonly previous: number;
}

const HEAD = 'queue-head';
/** Characters of one part of a state. A character takes up to three bytes, and NATS takes a megabyte. */
const PART_LENGTH = 200_000;

const partKey = (sequence: number, part: number): string => `queue-state ${sequence}.${part}`;
const textKey = (key: string): string => `queue-text ${key}`;

/** The texts in a store. */
export class QueueJournal {
  readonly #store: KeyValueStore;
  readonly #places: number;
  #head: StateHead | undefined;
  #headText: string | undefined;

  /** `places` is the number of entries in the ring. */
  constructor(store: KeyValueStore, places: number) {
    this.#store = store;
    this.#places = places;
  }

  /** The newest stored state that this process knows of. */
  get head(): StateHead | undefined {
    return this.#head;
  }

  /**
   * Adds an entry. Resolves with `undefined` when it is there, and otherwise with what stands in its place: the entry
   * of another process, or something later. Rejects if the place has an entry that is in no stored state.
   */
  async append(entry: QueueEntry): Promise<Place> {
    const { sequence } = entry;
    const key = this.#key(sequence);
    const text = encodeEntry(entry);
    let expected = sequence > this.#places ? encodeFreed(sequence - this.#places) : undefined;
    for (;;) {
      const { swapped, value } = await this.#store.swap(key, expected, text);
      if (swapped) return undefined;
      const place = decodePlace(value);
      if (place && sequenceOf(place) >= sequence)
        return 'entry' in place && place.entry.id === entry.id ? undefined : place;
      // The process that stored its state has not freed the place.
      if (place && 'entry' in place) await this.#checkStored(place.entry.sequence);
      expected = value;
    }
  }

  /** Returns what stands in the place of an entry. */
  async at(sequence: number): Promise<Place> {
    return decodePlace(await this.#store.get(this.#key(sequence)));
  }

  /** Replaces an entry by a short text, unless a later one has its place. */
  async free(sequence: number): Promise<void> {
    const key = this.#key(sequence);
    const text = await this.#store.get(key);
    const place = decodePlace(text);
    if (place && 'entry' in place && place.entry.sequence === sequence)
      await this.#store.swap(key, text, encodeFreed(sequence));
  }

  /** Reads the newest state. Its holds count from the end of this on. */
  async load(clock: Pick<Clock, 'now'>): Promise<QueueFold> {
    for (let damaged = 0; ; ) {
      const head = await this.readHead();
      if (!head) return new QueueFold();
      const { sequence, parts } = head;
      const texts = await Promise.all(Array.from({ length: parts }, (_, at) => this.#store.get(partKey(sequence, at))));
      if (texts.every((text) => text !== undefined)) return QueueFold.decode(texts.join(''), clock.now());
      // Otherwise a newer state has taken its place meanwhile.
      if (damaged === sequence)
        throw new UnavailableError('IO_FAILED', 'The store has lost a part of the state of the work queues.');
      damaged = sequence;
    }
  }

  /** Stores a state. Resolves with the one before it, or with `'late'` if another process has stored a newer one. */
  async save(sequence: number, state: string): Promise<StateHead | 'late' | undefined> {
    const before = await this.readHead();
    const beforeText = this.#headText;
    if (before && before.sequence >= sequence) return 'late';
    const parts = Math.ceil(state.length / PART_LENGTH);
    for (let at = 0; at < parts; at += 1) {
      const part = state.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH);
      await this.#store.set(partKey(sequence, at), part);
    }
    const head: StateHead = { sequence, parts, previous: before?.sequence ?? 0 };
    const text = JSON.stringify({ v: FORMATS.queues.written, ...head });
    const { swapped, value } = await this.#store.swap(HEAD, beforeText, text);
    if (swapped || value === text) {
      this.#note(text);
      return before;
    }
    await this.removeState(sequence);
    return 'late';
  }

  /** Removes the parts of a state that is not the newest one, and may not be complete. */
  async removeState(sequence: number): Promise<void> {
    if (sequence === 0 || this.#head?.sequence === sequence) return;
    let count = 0;
    while ((await this.#store.get(partKey(sequence, count))) !== undefined) count += 1;
    // The first part goes last, because it shows that there may be others.
    for (let at = count - 1; at >= 0; at -= 1) await this.#store.delete(partKey(sequence, at));
  }

  /** Returns the text of a message that stands under its own key. */
  async text(key: string): Promise<string | undefined> {
    return this.#store.get(textKey(key));
  }

  /** Stores the text of a message under its own key. */
  async setText(key: string, text: string): Promise<void> {
    await this.#store.set(textKey(key), text);
  }

  /** Removes the text of a message. */
  async deleteText(key: string): Promise<void> {
    await this.#store.delete(textKey(key));
  }

  /** Rejects if an entry is in no stored state, so that its place cannot be given away. */
  async #checkStored(sequence: number): Promise<void> {
    if ((this.#head?.sequence ?? 0) >= sequence) return;
    const head = await this.readHead();
    if ((head?.sequence ?? 0) < sequence)
      throw new UnavailableError(
        'NOT_KEPT',
        'Nothing was written, because the state of the work queues is not stored yet.',
      );
  }

  /** Reads which state is the newest one. */
  async readHead(): Promise<StateHead | undefined> {
    this.#note(await this.#store.get(HEAD));
    return this.#head;
  }

  #note(text: string | undefined): void {
    this.#headText = text;
    if (text === undefined) {
      this.#head = undefined;
      return;
    }
    const { v, ...head } = readJson(text) as StateHead & { readonly v: number };
    checkVersion(v);
    this.#head = head;
  }

  #key(sequence: number): string {
    return `queue-log ${sequence % this.#places}`;
  }
}

/** Returns the number of the entry that a place has or had. */
export function sequenceOf(place: NonNullable<Place>): number {
  return 'entry' in place ? place.entry.sequence : place.freed;
}
