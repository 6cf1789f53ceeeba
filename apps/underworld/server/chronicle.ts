/** What the log of the engine has of the chat: the newest messages of a station, and which stations riders have opened. */
import type { HistoryPage } from 'naru';
import { roomOf } from '../shared/rooms.js';
import type { Message, Station } from '../shared/wire.js';
import type { ChatServer } from './world.js';

/** A station as it was opened. */
export type Opened = Pick<Station, 'id' | 'name' | 'hue'>;

/** What happened to stations since one asked last. */
export type Happened =
  | { readonly type: 'opened'; readonly station: Opened }
  | { readonly type: 'closed'; readonly id: string };

/** The log, read by the server itself. */
export class Chronicle {
  readonly #io: ChatServer;
  #after: string | undefined;

  constructor(io: ChatServer) {
    this.#io = io;
    // Nobody comes in there: it is a log without people.
    this.#register.use((_socket, next) => next(new Error('closed')));
  }

  /** The newest messages of a station, oldest first; nothing where there is no log. */
  async newest(station: string, limit: number): Promise<Message[]> {
    const page = await this.#io.history(roomOf(station), { limit }).catch(() => undefined);
    return (page?.events ?? []).flatMap(({ event, args }) => (event === 'message' ? [args[1] as Message] : []));
  }

  /** Writes down that a station was opened; again and again while it is, so that it does not grow old. */
  opened({ id, name, hue }: Opened): void {
    this.#register.to(STATIONS).emit('opened', { id, name, hue });
  }

  /** Writes down that a station was closed. */
  closed(id: string): void {
    this.#register.to(STATIONS).emit('closed', id);
  }

  /** What happened to stations, in its order: at first all that is known, then what came since, by this process or another. */
  async happened(): Promise<Happened[]> {
    const all: Happened[] = [];
    for (let hasMore = true; hasMore; ) {
      const query = this.#after === undefined ? { after: START } : { after: this.#after };
      const page: HistoryPage | undefined = await this.#register.history(STATIONS, query).catch(() => undefined);
      if (!page) return all;
      for (const { event, args, offset } of page.events) {
        this.#after = offset;
        const [what] = args;
        if (event === 'opened') all.push({ type: 'opened', station: what as Opened });
        else if (event === 'closed') all.push({ type: 'closed', id: String(what) });
      }
      this.#after = page.next ?? this.#after;
      ({ hasMore } = page);
    }
    return all;
  }

  get #register(): ReturnType<ChatServer['of']> {
    return this.#io.of('/stations');
  }
}

const STATIONS = 'stations';
/** Before the first offset that a log gives out. */
const START = '00000000000';
