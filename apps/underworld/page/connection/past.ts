/** Reads what was said at stations from the log: the newest after each connection, and what stands before as somebody reads upwards. */
import { LIMITS } from '../../shared/limits.js';
import type { Message } from '../../shared/protocol.js';
import { roomOf } from '../../shared/rooms.js';
import { caughtUp, olderCame, olderIs, type Part } from '../state/places.js';
import type { Place } from '../state/state.js';
import type { Store } from '../state/store.js';
import { ANSWER_MS, type ChatSocket } from './socket.js';

/** The past of all stations of this page. Invariant: at most one reading of each is under way. */
export class Past {
  readonly #store: Store;
  readonly #socket: ChatSocket;
  readonly #reading = new Set<string>();

  constructor(store: Store, socket: ChatSocket) {
    this.#store = store;
    this.#socket = socket;
  }

  /** Gets what was said while there was no connection; tries again until it has it, or the connection is another one. */
  async catchUp(id: string): Promise<void> {
    const connection = this.#socket.id;
    const place = this.#store.state.places[id];
    // Not what is newest here, which may have come since the gap: as it was said, or as the answer to one's own words.
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

  /** Gets what was said before that which is here. */
  async older(id: string): Promise<void> {
    const place = this.#store.state.places[id];
    if (!place || this.#reading.has(id) || (place.older !== 'more' && place.older !== 'failed')) return;
    if (!this.#isOpen(id)) return this.#store.take(olderIs(id, 'failed'));
    this.#reading.add(id);
    this.#store.take(olderIs(id, 'loading'));
    try {
      const oldest = oldestOf(place);
      // A part may be empty, or hold nothing that is not here, and there may be more before it all the same.
      const part = await this.#back(id, place.before, (first) => first < oldest, OLDER_PARTS);
      const present = this.#store.state.places[id];
      if (!present) return;
      // Meanwhile what is here has come to begin elsewhere, so that this part would not join it.
      if (oldestOf(present) === oldest) this.#store.take(part ? olderCame(id, part) : olderIs(id, 'failed'));
      else if (present.older === 'loading') this.#store.take(olderIs(id, 'more'));
    } finally {
      this.#reading.delete(id);
    }
  }

  /** Reads back from `before`, or from the end, until the oldest message is old enough, the log ends, or it was enough; nothing if it failed. */
  async #back(
    id: string,
    before: string | undefined,
    isEnough: (firstSeq: number) => boolean,
    partsMax: number,
  ): Promise<Part | undefined> {
    let part: Part = { messages: [], hasMore: true, before };
    for (let count = 0; count < partsMax && part.hasMore; count++) {
      const next = await this.#read(id, part.before);
      if (!next) return undefined;
      part = { ...next, messages: [...next.messages, ...part.messages] };
      const [first] = part.messages;
      if (first && isEnough(first.seq)) break;
    }
    return part;
  }

  async #read(id: string, before: string | undefined): Promise<Part | undefined> {
    const query = { limit: LIMITS.messagesPage, ...(before === undefined ? {} : { before }) };
    try {
      const past = await this.#socket.timeout(ANSWER_MS).emitWithAck('naru:history', roomOf(id), query);
      // A server without a log: nothing is before what is here.
      if (past.error?.code === 'NOT_KEPT') return { messages: [], hasMore: false, before: undefined };
      if (!past.events) return undefined;
      const messages = past.events.flatMap(({ event, args: [place, message] }) =>
        event === 'message' && place === id ? [message as Message] : [],
      );
      return { messages, hasMore: past.hasMore === true, before: past.next };
    } catch {
      // No answer in time, or the signal went: the caller knows what to do.
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
/** What was missed is read in so many parts at most; who missed more begins anew with the newest, and reads upwards. */
const CATCH_UP_PARTS = 8;
const OLDER_PARTS = 100;
