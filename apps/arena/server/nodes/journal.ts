/**
 * The journal of the rooms: which server owns which room, and the state of each room. All servers read it, also after a
 * crash.
 */
import type { HistoryPage } from 'naru';
import { LIMITS } from '../../shared/limits.js';
import { RefusedError } from '../errors.js';
import type { GameServer } from '../game-server.js';
import type { RoomState } from '../rooms/state.js';

/** A claim of a room, or a sign of life of its owner. */
export interface OwnRecord {
  readonly code: string;
  readonly node: string;
  /** Counts the owners of a room. */
  readonly term: number;
  /**
   * Counts the records of one owner, from 1. In a claim by another server, it is the last record of the former owner
   * that it has read.
   */
  readonly beat: number;
  /** The time of the writer's clock, in milliseconds. It only tells how old a record is after a restart. */
  readonly at: number;
  /** Whether the owner gives the room up, so that another server can take it at once. */
  readonly isReleased?: boolean;
  readonly state: RoomState;
}

/** The end of a room. */
export interface EndRecord {
  readonly code: string;
  readonly node: string;
  readonly term: number;
}

/** One thing that happened. */
export type RoomEvent =
  | { readonly type: 'own'; readonly own: OwnRecord }
  | { readonly type: 'end'; readonly end: EndRecord };

/** The namespace of the journal, which is for the servers alone. */
export const ROOMS = '/rooms';

/** Reads and writes the journal. It is a namespace without clients. */
export class Journal {
  readonly #rooms: ReturnType<GameServer['of']>;
  #after = START;
  #reading: Promise<RoomEvent[]> = Promise.resolve([]);

  constructor(io: GameServer) {
    this.#rooms = io.of(ROOMS);
    this.#rooms.retain({ ageMs: LIMITS.journalMs });
    this.#rooms.use((_socket, next) => next(new RefusedError('gone', `The namespace "${ROOMS}" is for the servers.`)));
  }

  /** Claims a room, or renews the claim. */
  own(record: OwnRecord): void {
    this.#write('own', record);
  }

  /** Notes that a room is over. */
  end(record: EndRecord): void {
    this.#write('end', record);
  }

  /**
   * The events since the last call, in their order, whichever server caused them. The first call returns everything in
   * the log.
   */
  async readOn(): Promise<RoomEvent[]> {
    // One reading after the other, because both would begin at the same place.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => []);
    return reading;
  }

  async #read(): Promise<RoomEvent[]> {
    const events: RoomEvent[] = [];
    for (let hasMore = true; hasMore; ) {
      const page: HistoryPage | undefined = await this.#rooms
        .history(CHANNEL, { after: this.#after })
        .catch(() => undefined);
      // The log cannot be read now, which Naru has reported. The next call tries again.
      if (!page) return events;
      for (const record of page.events) {
        this.#after = record.offset;
        // Only servers write records, so their fields are as the writer made them.
        if (record.event === 'own') events.push({ type: 'own', own: record.args[0] as OwnRecord });
        if (record.event === 'end') events.push({ type: 'end', end: record.args[0] as EndRecord });
      }
      this.#after = page.next ?? this.#after;
      ({ hasMore } = page);
    }
    return events;
  }

  #write(event: string, record: object): void {
    const untyped = this.#rooms as unknown as { to(room: string): { emit(event: string, record: object): void } };
    untyped.to(CHANNEL).emit(event, record);
  }
}

const CHANNEL = 'rooms';
/** An offset before the first one of a log. */
const START = '00000000000';
