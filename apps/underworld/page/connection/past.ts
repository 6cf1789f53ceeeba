/**
 * Reads the history of stations: the newest messages after each connection, and earlier ones as somebody scrolls up.
 */
import { LIMITS } from '../../shared/limits.js';
import type { Message, Reaction } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import { caughtUp, olderCame, olderIs, type Part } from '../state/places.js';
import type { Place } from '../state/state.js';
import type { Store } from '../state/store.js';
import { ANSWER_MS, type ChatSocket } from './socket.js';

/** The history of all stations of this page. Invariant: at most one reading of each is under way. */
export class Past {
  readonly #store: Store;
  readonly #socket: ChatSocket;
  readonly #reading = new Set<string>();

  constructor(store: Store, socket: ChatSocket) {
    this.#store = store;
    this.#socket = socket;
  }

  /**
   * Gets the messages that were missed while disconnected. Tries again until it has them, or until the page reconnects.
   */
  async catchUp(id: string): Promise<void> {
    const connection = this.#socket.id;
    const place = this.#store.state.places[id];
    // The newest message here may have arrived after the gap, so the position of the gap comes first.
    const known = place?.gapAfter ?? place?.messages.at(-1)?.seq ?? 0;
    for (let waitMs = RETRY_MS; this.#socket.id === connection && this.#isOpen(id); waitMs *= 2) {
      const part = await this.#back(id, undefined, known > 0 ? (first) => first <= known : () => true, CATCH_UP_PARTS);
      if (part && this.#socket.id === connection) {
        const first = part.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
        this.#store.take(caughtUp(id, part, !part.hasMore || first <= known));
        return;
      }
      await new Promise((done) => setTimeout(done, Math.min(waitMs, RETRY_MS_MAX)));
    }
  }

  /** Gets the messages before the oldest one here. */
  async older(id: string): Promise<void> {
    const place = this.#store.state.places[id];
    if (!place || this.#reading.has(id) || (place.older !== 'more' && place.older !== 'failed')) return;
    if (!this.#isOpen(id)) return this.#store.take(olderIs(id, 'failed'));
    this.#reading.add(id);
    this.#store.take(olderIs(id, 'loading'));
    try {
      const oldest = oldestOf(place);
      // A part may be empty, or have only known messages, while there are more before it.
      const part = await this.#back(id, place.before, (first) => first < oldest, OLDER_PARTS);
      const present = this.#store.state.places[id];
      if (!present) return;
      // If the oldest message here has changed meanwhile, this part does not connect to it.
      if (oldestOf(present) === oldest) this.#store.take(part ? olderCame(id, part) : olderIs(id, 'failed'));
      else if (present.older === 'loading') this.#store.take(olderIs(id, 'more'));
    } finally {
      this.#reading.delete(id);
    }
  }

  /**
   * Reads back from `before`, or from the end, until the oldest message is early enough, the log ends, or `partsMax`
   * pages were read.
   */
  async #back(
    id: string,
    before: string | undefined,
    isEnough: (firstSeq: number) => boolean,
    partsMax: number,
  ): Promise<Part | undefined> {
    let part: Part = { messages: [], reactions: [], hasMore: true, before };
    for (let count = 0; count < partsMax && part.hasMore; count++) {
      const next = await this.#read(id, part.before);
      if (!next) return undefined;
      part = {
        ...next,
        messages: [...next.messages, ...part.messages],
        reactions: [...next.reactions, ...part.reactions],
      };
      const [first] = part.messages;
      if (first && isEnough(first.seq)) break;
    }
    return part;
  }

  async #read(id: string, before: string | undefined): Promise<Part | undefined> {
    const query = { limit: LIMITS.messagesPage, ...(before === undefined ? {} : { before }) };
    try {
      const past = await this.#socket.timeout(ANSWER_MS).emitWithAck('naru:history', roomOf(id), query);
      // The server keeps no log, so it has no earlier messages.
      if (past.error?.code === 'NOT_KEPT') return { messages: [], reactions: [], hasMore: false, before: undefined };
      if (!past.events) return undefined;
      const { events, hasMore, next } = past;
      const all = <T>(wanted: string): T[] =>
        events.flatMap(({ event, args: [place, what] }) => (event === wanted && place === id ? [what as T] : []));
      const [messages, reactions] = [all<Message>('message'), all<Reaction>('reacted')];
      return { messages, reactions, hasMore: hasMore === true, before: next };
    } catch {
      // The answer did not arrive in time, or the connection was lost. The caller decides what to do.
      return undefined;
    }
  }

  #isOpen(id: string): boolean {
    const { places, link } = this.#store.state;
    return link === 'online' && places[id]?.isEntered === true;
  }
}

function oldestOf({ messages }: Place): number {
  return messages[0]?.seq ?? Number.POSITIVE_INFINITY;
}

const RETRY_MS = 1_000;
const RETRY_MS_MAX = 15_000;
/** The most parts to read after a gap. Beyond them, the page starts again with the newest messages. */
const CATCH_UP_PARTS = 8;
const OLDER_PARTS = 100;
