/**
 * The part of Naru's log that the server reads: the newest messages of each station, and the stations that riders
 * opened and closed.
 */
import type { HistoryPage } from 'naru';
import type { Message, Reaction, Station } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import type { ChatServer } from '../chat-server.js';
import { RefusedError } from '../errors.js';
import type { Kept } from './place-log.js';

/** A station as the journal has it. */
export type OpenedStation = Pick<Station, 'id' | 'name' | 'hue'>;

/** One thing that happened to a station. */
export type StationEvent =
  | { readonly type: 'opened'; readonly station: OpenedStation }
  | { readonly type: 'closed'; readonly id: string };

/** Reads and writes the log for the server itself. A namespace without clients, `/stations`, holds the journal. */
export class StationJournal {
  readonly #io: ChatServer;
  readonly #stations: ReturnType<ChatServer['of']>;
  #after: string | undefined;

  constructor(io: ChatServer) {
    this.#io = io;
    this.#stations = io.of('/stations');
    this.#stations.use((_socket, next) =>
      next(new RefusedError('gone', 'The namespace "/stations" is for the server. Connect to "/" instead.')),
    );
  }

  /** The newest messages of a station and reactions to them, oldest first. Both lists are empty without a log. */
  async newest(station: string, limit: number): Promise<Kept> {
    // `io.history` reads a room back from the end of the log.
    const page = await this.#io.history(roomOf(station), { limit }).catch(() => undefined);
    const all = <T>(wanted: string): T[] =>
      (page?.events ?? []).flatMap(({ event, args }) => (event === wanted ? [args[1] as T] : []));
    return { messages: all<Message>('message'), reactions: all<Reaction>('reacted') };
  }

  /**
   * Notes that a station is open. The note is repeated while that lasts, so that it never grows too old for the log.
   */
  opened({ id, name, hue }: OpenedStation): void {
    this.#stations.to(ROOM).emit('opened', { id, name, hue });
  }

  /** Notes that a station was closed. */
  closed(id: string): void {
    this.#stations.to(ROOM).emit('closed', id);
  }

  /**
   * The events since the last call, in their order, whichever process caused them. The first call returns everything in
   * the log.
   */
  async readOn(): Promise<StationEvent[]> {
    const events: StationEvent[] = [];
    for (let hasMore = true; hasMore; ) {
      const query = { after: this.#after ?? START };
      const page: HistoryPage | undefined = await this.#stations.history(ROOM, query).catch(() => undefined);
      if (!page) return events;
      for (const { event, args, offset } of page.events) {
        this.#after = offset;
        const [what] = args;
        if (event === 'opened') events.push({ type: 'opened', station: what as OpenedStation });
        else if (event === 'closed') events.push({ type: 'closed', id: String(what) });
      }
      this.#after = page.next ?? this.#after;
      ({ hasMore } = page);
    }
    return events;
  }
}

const ROOM = 'stations';
/** An offset before the first one of a log. */
const START = '00000000000';
