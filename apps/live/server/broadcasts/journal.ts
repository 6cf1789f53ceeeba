/**
 * The journal of what is on air: signs of life, ends, removals and reports. All servers read it, also after a crash of
 * the one that wrote.
 */
import type { HistoryPage } from 'naru';
import type { Card } from 'naru-apps-kit/shared/protocol.js';
import type { About, Ending, Quality, SourceKind, TapeMark } from '../../shared/protocol.js';
import { AIR, JOURNAL } from '../../shared/rooms.js';
import { RefusedError } from '../errors.js';
import type { LiveServer } from '../live-server.js';

/** A sign of life of a broadcast. */
export interface OnRecord extends About {
  readonly id: string;
  readonly card: Card;
  readonly kind: SourceKind;
  readonly since: number;
  readonly qualities: readonly Quality[];
  /** A random word for each connection of the broadcaster. The newest one counts. */
  readonly session: string;
  readonly viewers: number;
  /** The aliases of people whom the broadcaster removed. */
  readonly kicked: readonly string[];
  /** The newest place on the tape, once in a while. */
  readonly mark?: TapeMark | undefined;
}

/** One thing that happened. */
export type AirEvent =
  | { readonly type: 'on'; readonly at: number; readonly on: OnRecord }
  | { readonly type: 'about'; readonly id: string; readonly about: About }
  | { readonly type: 'away'; readonly id: string; readonly session: string }
  | { readonly type: 'off'; readonly at: number; readonly id: string; readonly why: Ending }
  | { readonly type: 'kick'; readonly id: string; readonly who: string }
  | { readonly type: 'report'; readonly at: number; readonly who: string; readonly by: string };

/** Reads and writes the journal. It is a namespace without clients. */
export class Journal {
  readonly #air: ReturnType<LiveServer['of']>;
  #after: string | undefined;
  #reading: Promise<AirEvent[]> = Promise.resolve([]);

  constructor(io: LiveServer, ageMs: number) {
    this.#air = io.of(JOURNAL);
    this.#air.retain({ ageMs });
    this.#air.use((_socket, next) => next(new RefusedError('gone', `The namespace "${JOURNAL}" is for the server.`)));
  }

  /** Notes that a broadcast is on air. */
  on(record: OnRecord): void {
    this.#write(record.id, 'on', record);
  }

  /** Notes what a broadcaster says about a broadcast. */
  about(id: string, about: About): void {
    this.#write(id, 'about', { id, about });
  }

  /** Notes that the broadcaster of a session is away. */
  away(id: string, session: string): void {
    this.#write(id, 'away', { id, session });
  }

  /** Notes that a broadcast has ended. */
  off(id: string, why: Ending): void {
    this.#write(id, 'off', { id, why });
  }

  /** Notes that a broadcaster removed somebody. */
  kick(id: string, who: string): void {
    this.#write(id, 'kick', { id, who });
  }

  /** Notes a report. It goes with the broadcast in which it was made. */
  report(id: string, who: string, by: string): void {
    this.#write(id, 'report', { who, by });
  }

  /** Erases everything about a broadcast. */
  async forget(id: string): Promise<void> {
    await this.#air.erase({ room: id });
  }

  /** Whether the log still has something about a broadcast. A log that cannot be read may have. */
  async has(id: string): Promise<boolean> {
    const page = await this.#air.history(id, { limit: 1 }).catch(() => undefined);
    return page === undefined || page.events.length > 0;
  }

  /**
   * The events since the last call, in their order, whichever process caused them. The first call returns everything in
   * the log.
   */
  async readOn(): Promise<AirEvent[]> {
    // One reading after the other, because both would begin at the same place.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => []);
    return reading;
  }

  async #read(): Promise<AirEvent[]> {
    const events: AirEvent[] = [];
    for (let hasMore = true; hasMore; ) {
      const query = { after: this.#after ?? START };
      const page: HistoryPage | undefined = await this.#air.history(AIR, query).catch(() => undefined);
      // The log cannot be read now, which Naru has reported. The next call tries again.
      if (!page) return events;
      for (const record of page.events) {
        this.#after = record.offset;
        const event = eventIn(record.event, record.args[0], record.at);
        if (event) events.push(event);
      }
      this.#after = page.next ?? this.#after;
      ({ hasMore } = page);
    }
    return events;
  }

  #write(id: string, event: string, record: object): void {
    const untyped = this.#air as unknown as { to(rooms: string[]): { emit(event: string, record: object): void } };
    untyped.to([AIR, id]).emit(event, record);
  }
}

/** The event of a record. Only servers write records, so their fields are as the writer made them. */
function eventIn(name: string, record: unknown, at: number): AirEvent | undefined {
  if (name === 'on') return { type: 'on', at, on: record as OnRecord };
  if (name === 'about') return { type: 'about', ...(record as { id: string; about: About }) };
  if (name === 'away') return { type: 'away', ...(record as { id: string; session: string }) };
  if (name === 'off') return { type: 'off', at, ...(record as { id: string; why: Ending }) };
  if (name === 'kick') return { type: 'kick', ...(record as { id: string; who: string }) };
  if (name === 'report') return { type: 'report', at, ...(record as { who: string; by: string }) };
  return undefined;
}

/** An offset before the first one of a log. */
const START = '00000000000';
