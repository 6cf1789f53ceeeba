/** The entries of a client into rooms with history: compares each page, and what comes around it, with the log. */
import { decodeOffset } from '../../../packages/naru/src/backplane/backplane.js';
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';
import { PATIENCE_MS } from './course-options.js';
import { fingerprint, type Kept, type NamespaceTruth, type Truth, Violation } from './truth.js';

/** A page of history, as a client gets it. */
export interface Page {
  readonly events: readonly { readonly offset: string; readonly event: string; readonly args: readonly unknown[] }[];
  readonly hasMore: boolean;
  readonly hasGap: boolean;
  /** The place before which the next older page ends. */
  readonly next?: string | undefined;
}

/** A request to enter a room. */
export interface Ask {
  readonly room: string;
  readonly limit: number;
  /** When the client asked, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly socketId: string;
  /** The newest sequence that the client had when it asked. */
  readonly seen: number;
  /** How many of its events for rooms had been confirmed then, as `onAsk` has returned. */
  readonly said: number;
}

/** Facts about the client. */
export interface EntryFacts {
  readonly name: string;
  readonly namespace: string;
  /** The rooms of the client from the start. */
  readonly rooms: readonly string[];
  /** Whether a server could not reach the log at some time since `since`. */
  wasUnsure(node: number, since: number): boolean;
  /** Whether a server is there as it was. */
  isLiving(node: number): boolean;
  /** The oldest sequence in the log, or one more than the newest when the log is empty. */
  oldest(): number;
}

/** A time in a room: the client gets the events after `from`, up to `to`. */
interface Stay {
  readonly from: number;
  to: number;
  /** The server that let the client in, and when. */
  readonly node: number;
  /** Pages that came in this time: the first and the last sequence of each. */
  readonly pages: (readonly [first: number, last: number])[];
  /** Whether it is certain that the session of the client has the room. */
  isWritten: boolean;
}

/** A room that the client has asked for in this session. */
interface RoomState {
  readonly stays: Stay[];
  /** The newest event of the room that came as an event. */
  newest: Kept | undefined;
}

/** Milliseconds after an event of a room in which no page of the room is empty. */
const QUIET_MS = 10_000;

/**
 * The entries of one client. A page ends at the place at which the client enters. The page has all events of the room
 * that are older, and all later ones come after it.
 */
export class Entries {
  pages = 0;
  /** The events of all pages. */
  shown = 0;
  readonly #truth: Truth;
  readonly #log: NamespaceTruth;
  readonly #facts: EntryFacts;
  readonly #rooms = new Map<string, RoomState>();
  /** Events that this client has sent to rooms, with the sequences that they had when they were confirmed. */
  readonly #words = new Map<string, number>();

  constructor(truth: Truth, facts: EntryFacts) {
    this.#truth = truth;
    this.#log = truth.of(facts.namespace);
    this.#facts = facts;
  }

  /** Whether the client is in a room, as far as it knows. */
  isIn(room: string): boolean {
    return this.#openStay(room) !== undefined;
  }

  /** The client has another session, which is in none of the rooms. */
  reset(): void {
    this.#rooms.clear();
  }

  /** The client goes on with its session. Rooms that may not have been written for it are to be entered again. */
  resume(last: number): void {
    for (const { stays } of this.#rooms.values()) {
      const stay = stays.at(-1);
      if (stay && !stay.isWritten && !this.#facts.isLiving(stay.node)) stay.to = Math.min(stay.to, last);
    }
  }

  /** So much time has passed since the client entered that its session is written. */
  onWritten(room: string): void {
    const stay = this.#openStay(room);
    if (stay) stay.isWritten = true;
  }

  /** The client asks to enter a room. Returns how many of its events for rooms were confirmed. */
  onAsk(room: string): number {
    getOrCreate(this.#rooms, room, () => ({ stays: [], newest: undefined }));
    return this.#words.size;
  }

  /** The client asks to leave a room. It must get what is older than what it has. */
  onLeave(room: string, last: number): void {
    const stay = this.#openStay(room);
    if (stay) stay.to = last;
  }

  /** A server has confirmed an event that the client sent to a room. */
  onWord(id: string): void {
    const sequence = this.#truth.sequenceOf(id);
    if (sequence !== undefined) this.#words.set(id, sequence);
  }

  /**
   * The client gets the answer to its request. `heard` is its newest sequence, and it was told of losses up to
   * `toldTo`.
   */
  onPage(ask: Ask, page: Page, heard: number, toldTo: number): void {
    const { room } = ask;
    const state = this.#rooms.get(room);
    if (!state) return;
    this.pages += 1;
    this.shown += page.events.length;
    const [first, last] = this.#read(ask, page);
    // A page that is empty because its room was quiet for long says nothing of its end. Nothing of the room stands near
    // that.
    const isQuiet = page.events.length === 0 && page.hasMore;
    for (const record of isQuiet ? this.#log.kept.slice(0, heard) : [])
      if (this.#isThere(record, room) && record.at > ask.at - QUIET_MS)
        this.#fail(`got an empty page of ${room} without ${nameOf(record)}`);
    const from = isQuiet ? heard : this.#passErased(room, last);
    const node = this.#truth.askOf(ask.socketId, room, ask.at)?.place.node ?? 0;
    const stay = this.#openStay(room);
    // An empty page with a gap says nothing of its end.
    const shown: Stay['pages'] = page.events.length > 0 ? [[first, last]] : [];
    if (stay) stay.pages.push(...shown);
    else state.stays.push({ from, to: Number.POSITIVE_INFINITY, node, pages: shown, isWritten: false });
    if (state.newest && state.newest.sequence > from && this.#isThere(state.newest, room))
      this.#fail(`got ${nameOf(state.newest)} before its page of ${room}, which ends at ${from}`);
    this.#expectRecent(ask, from, node);
    for (const record of this.#log.kept.slice(Math.max(from, toldTo), heard))
      if (this.#isThere(record, room) && !record.except.includes(ask.socketId))
        this.#fail(`got a page of ${room} up to ${from}, has events up to ${heard}, and ${nameOf(record)} is nowhere`);
  }

  /** The client gets the page of a room that ends before `before`. */
  onOlder(room: string, limit: number, before: string, page: Page): void {
    const [, last] = this.#read({ room, limit }, page);
    const end = (decodeOffset(before) ?? 0) - 1;
    if (page.events.length === 0 && (page.hasGap || page.hasMore)) return;
    if (last > end) this.#fail(`got a page of ${room} before ${before} up to ${last}`);
    for (const record of this.#log.kept.slice(last, end))
      if (this.#isThere(record, room))
        this.#fail(`got a page of ${room} before ${before} up to ${last} without ${nameOf(record)}`);
  }

  /** An event has come. `isMissed` says that the client gets it because it has lost its connection. */
  onEvent(record: Kept, socketId: string, isMissed: boolean): void {
    const { rooms, sequence } = record;
    for (const room of rooms) {
      const state = this.#rooms.get(room);
      if (!state) continue;
      const isForMore = rooms.some(
        (each) => each !== room && (this.#rooms.has(each) || each === socketId || this.#facts.rooms.includes(each)),
      );
      const stay = this.#openStay(room);
      const end = Math.max(0, ...(stay?.pages.map(([, to]) => to) ?? []));
      if (sequence <= end && !isForMore && !record.isForgotten)
        this.#fail(
          `got ${nameOf(record)} ${isMissed ? 'again after a reconnect' : 'after its page'}: ${room} was shown up to ${end}`,
        );
      if (sequence > (state.newest?.sequence ?? 0)) state.newest = record;
    }
  }

  /** Whether the client may get an event for the rooms that it entered. */
  mayGet({ rooms }: Kept): boolean {
    return rooms.some((room) => this.#rooms.has(room));
  }

  /** Whether the client must get an event for the rooms that it entered. */
  mustGet({ rooms, sequence }: Kept): boolean {
    return rooms.some((room) =>
      this.#rooms
        .get(room)
        ?.stays.some(
          ({ from, to, pages }) =>
            sequence > from && sequence <= to && !pages.some(([first, last]) => sequence >= first && sequence <= last),
        ),
    );
  }

  /** Compares a page with the log. Returns its first and last sequence. */
  #read({ room, limit }: Pick<Ask, 'room' | 'limit'>, { events, hasMore, hasGap }: Page): readonly [number, number] {
    const { kept } = this.#log;
    const places = events.map(({ offset }) => decodeOffset(offset) ?? 0);
    const [first = 0] = places;
    const last = places.at(-1) ?? 0;
    for (const [index, place] of places.entries()) {
      const record = this.#log.at(place);
      const [id, ...args] = events[index]?.args ?? [];
      if (index > 0 && place <= (places[index - 1] ?? 0)) this.#fail(`got a page of ${room} with ${places}`);
      if (!record?.sent || record.sent.id !== id || !this.#isOf(record, room))
        this.#fail(`got a page of ${room} with ${String(id)} at ${place}`);
      else if (record.sent.print !== fingerprint(args)) this.#fail(`got ${nameOf(record)} with other arguments`);
    }
    if (places.length > limit) this.#fail(`got a page of ${room} with ${places.length} events, and asked for ${limit}`);
    const got = new Set(places);
    for (const record of first === 0 ? [] : kept.slice(first - 1, last)) {
      if (!got.has(record.sequence) && this.#isThere(record, room))
        this.#fail(`got a page of ${room} from ${first} to ${last} without ${nameOf(record)}`);
    }
    const end = last || (hasGap ? this.#facts.oldest() - 1 : 0);
    if (hasMore || hasGap || (first === 0 && end === 0)) return [first, end];
    for (const record of kept.slice(0, first - 1))
      if (this.#isThere(record, room))
        this.#fail(`got a whole page of ${room} from ${first} without ${nameOf(record)}`);
    return [first, end];
  }

  /** A page has what is older than the call: of the client, of its server, and of the log. */
  #expectRecent({ room, at, seen, said, socketId }: Ask, from: number, node: number): void {
    const asked = this.#truth.askOf(socketId, room, at);
    const isUnsure = this.#facts.wasUnsure(node, at - PATIENCE_MS);
    const words = new Map([...this.#words].slice(0, said));
    const own = Math.max(0, ...words.values());
    const place = asked && this.#truth.sequenceAt(asked.place);
    if (asked && place === undefined && !isUnsure)
      this.#fail(`got a page of ${room} before what its server emitted earlier is in the log`);
    const bounds: [end: number, why: string][] = [
      [own, 'which it had said'],
      [seen, 'which is older than what it had seen'],
      [isUnsure ? 0 : (place ?? 0), 'which its server emitted or delivered before the call'],
      [isUnsure ? 0 : (asked?.end ?? 0), 'which was in the log before the call'],
    ];
    for (const [end, why] of bounds)
      for (const record of this.#log.kept.slice(from, end)) {
        const isOwn = why !== bounds[0]?.[1] || words.has(record.sent?.id ?? '');
        if (isOwn && this.#isThere(record, room))
          this.#fail(`got a page of ${room} up to ${from} without ${nameOf(record)}, ${why}`);
      }
  }

  /** Whether a record is an event of a room that the history has for the client. */
  #isOf({ sent, rooms, except }: Kept, room: string): boolean {
    return sent !== undefined && rooms.includes(room) && !except.some((each) => this.#facts.rooms.includes(each));
  }

  /** The same, while the log has it. */
  #isThere(record: Kept, room: string): boolean {
    return this.#isOf(record, room) && !record.isForgotten && !this.#log.erased.has(record.sequence);
  }

  /** Events that were erased after the last one of a page may belong to the page. Returns its end with them. */
  #passErased(room: string, last: number): number {
    let end = last;
    for (const record of this.#log.kept.slice(last)) {
      if (this.#isThere(record, room)) break;
      if (record.rooms.includes(room)) end = record.sequence;
    }
    return end;
  }

  #openStay(room: string): Stay | undefined {
    const stay = this.#rooms.get(room)?.stays.at(-1);
    return stay?.to === Number.POSITIVE_INFINITY ? stay : undefined;
  }

  #fail(what: string): void {
    throw new Violation(`${this.#facts.name}: ${what}`);
  }
}

function nameOf({ sent, sequence }: Kept): string {
  return `${sent?.id} (${sequence})`;
}
