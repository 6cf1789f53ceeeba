/** The truth of a run: every sent event and its place in the log, with which the checker compares what arrived. */
import { decodeOffset, type LogRecord, type Offset } from '../../../packages/naru/src/backplane/backplane.js';
import { isForNoSocket, isGapRecord, isTold } from '../../../packages/naru/src/backplane/own-records.js';
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';
import { Attendances } from './attendances.js';
import { LateChanges } from './late-changes.js';
import { DIRECTED_ROOM } from './plan.js';
import { SentOrder } from './sent-order.js';

/** A broken guarantee. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** An event as the application emitted it. */
export interface Sent {
  readonly id: string;
  readonly namespace: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  /** The content of the event, by `fingerprint`. */
  readonly print: string;
  readonly node: number;
  /** Its number among the events of its server in its namespace. */
  readonly order: number;
}

/** A record of the log. */
export interface Kept {
  readonly sequence: number;
  /** The time of the append, in milliseconds since the Unix epoch. */
  readonly at: number;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  /** The application's event, if it is one. */
  readonly sent: Sent | undefined;
  /** The JSON of the record, and its server. */
  readonly event: string;
  readonly node: number;
  /** Whether the home has lost the record. */
  isForgotten?: boolean;
}

/**
 * A point in the program of a server: an operation there takes effect after what the server had handed out, and after
 * its own events.
 */
export interface Place {
  readonly node: number;
  readonly namespace: string;
  /** The newest sequence that the server had handed out. */
  readonly handedOut: number;
  /** The number of events that the server had given to the log of the namespace. */
  readonly given: number;
  /** The time of the operation, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * A room that a socket entered. `entered` and `left` are exact. The other marks are wider: they hold for what a session
 * reads after a reconnect, when it goes by the rooms that were written.
 */
export interface Stay {
  readonly room: string;
  readonly entered: Place;
  left: Place | undefined;
  /** The client may get events after this: the newest one that it had seen when it asked. */
  readonly mayFrom: number;
  /** The client must get events after this one. */
  readonly enteredBy: string;
  /** The client must get events up to here: the newest one that it had seen when it asked to leave. */
  mustTo: number;
  /** The client must get none after this one. */
  leftBy: string | undefined;
}

/** The first event that a socket got. */
export interface Greeting {
  /** The name of its client. */
  readonly client: string;
  /** The place at which the socket had joined its first rooms. */
  readonly place: Place;
  readonly id: string;
}

/** A change of the sockets of a room by any server, at its place in the log. */
export interface Directed {
  readonly place: number | Place;
  readonly target: string;
  readonly room: string;
  readonly isIn: boolean;
  /** The sockets of that moment, if its server is the only one. */
  readonly reached?: ReadonlySet<string>;
  /**
   * The event that its server emitted next. A server that is killed before this is in the log has perhaps not written
   * the change.
   */
  readonly writtenBy?: string;
}

/** A server has taken a durable subscription from another one. `term` counts that; an old message may come late. */
export interface Taken {
  readonly key: string;
  readonly term: number;
  readonly sequence: number;
  readonly node: number;
}

/** Something that a server said beside the log. */
export interface Word {
  readonly place: Place;
  /** When it was said, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The members of that time which read late: words reach them before what they have not read yet. */
  readonly late: ReadonlySet<string>;
}

/** A request to enter a room with history. */
export interface Asked {
  /** The place at which a server let the client in. */
  readonly place: Place;
  /** The end of the log then. */
  readonly end: number;
}

/** Milliseconds for which a message between servers is on its way into the log at most. */
const TOLD_MS = 30_000;

/** The log of one namespace, record by record, as it arrived at its home. */
export class NamespaceTruth {
  readonly kept: Kept[] = [];
  readonly order = new SentOrder();
  readonly directed: Directed[] = [];
  /** The durable subscriptions that subscribers took from another server. */
  readonly taken: Taken[] = [];
  /** The sequences of the events that were erased. */
  readonly erased = new Set<number>();
  /** The records that the home has lost and that were not appended again. */
  readonly forgotten: Kept[] = [];
  /** The sequences of the events that each server appended. */
  readonly byNode = new Map<number, number[]>();

  /** The newest sequence. */
  get end(): number {
    return this.kept.length;
  }

  /** Whether one of the records is a message between servers. */
  isTold(offsets: readonly Offset[]): boolean {
    return offsets.some((offset) => isForNoSocket(this.at(decodeOffset(offset) ?? 0) ?? { rooms: [] }));
  }

  at(sequence: number): Kept | undefined {
    return this.kept[sequence - 1];
  }
}

export class Truth {
  readonly namespaces = new Map<string, NamespaceTruth>();
  readonly attendances = new Attendances();
  readonly late = new LateChanges();
  readonly sent = new Map<string, Sent>();
  readonly #sequences = new Map<string, number>();
  readonly #forgotten = new Map<string, number>();
  readonly #stays = new Map<string, Stay[]>();
  readonly #orders = new Map<string, number>();
  readonly #words = new Map<string, Word>();
  readonly #questions = new Map<string, number>();
  readonly #greetings = new Map<string, Greeting>();
  readonly #asked = new Map<string, Asked[]>();
  /** Whether events for sockets of different servers may change their order in the log. */
  keepsTagsApart = false;
  #ids = 0;

  of(namespace: string): NamespaceTruth {
    return getOrCreate(this.namespaces, namespace, () => new NamespaceTruth());
  }

  /** Returns a new id for an event. */
  nextId(): string {
    this.#ids += 1;
    return `e${this.#ids}`;
  }

  /** The application emits an event that belongs into the log. */
  emit(event: Omit<Sent, 'order'>): void {
    const key = `${event.node} ${event.namespace}`;
    const order = (this.#orders.get(key) ?? 0) + 1;
    this.#orders.set(key, order);
    this.sent.set(event.id, { ...event, order });
  }

  /** Returns the sequence of an event; `undefined` when the log does not have it. */
  sequenceOf(id: string | undefined): number | undefined {
    return id === undefined ? undefined : (this.#sequences.get(id) ?? this.#forgotten.get(id));
  }

  /** Records arrived at their home. Throws a Violation when they differ from the emitted events. */
  append(namespace: string, records: readonly LogRecord[], offsets: readonly Offset[], node: number): void {
    const truth = this.of(namespace);
    for (const [index, record] of records.entries()) {
      const sequence = decodeOffset(offsets[index]);
      if (sequence !== truth.end + 1)
        throw new Violation(`offsets of ${namespace}: ${String(sequence)} came after ${truth.end}`);
      const sent = this.#sentOf(record);
      if (isTold(record)) this.#onTold(truth, record, sequence, node);
      if (!isForNoSocket(record) && !isGapRecord(record)) this.#count(truth, record, sequence, node);
      const { at, rooms, except, event } = record;
      truth.kept.push({ sequence, at, rooms, except, event, node, sent });
      if (sent) this.#check(truth, sent, record, sequence, node);
    }
  }

  /** The events of a room that are in the log were erased at their home. */
  erase(namespace: string, room: string): void {
    const { kept, erased } = this.of(namespace);
    for (const { sequence, rooms } of kept) if (rooms.includes(room)) erased.add(sequence);
  }

  /** The home has lost records. Their servers may append them again, if they have no answer. */
  forget(namespace: string, offsets: readonly Offset[]): void {
    const truth = this.of(namespace);
    for (const offset of offsets) {
      const kept = truth.at(decodeOffset(offset) ?? 0);
      if (!kept) continue;
      kept.isForgotten = true;
      truth.forgotten.push(kept);
      const { sent } = kept;
      if (!sent) continue;
      this.#forgotten.set(sent.id, kept.sequence);
      this.#sequences.delete(sent.id);
      truth.order.takeBack(sent);
    }
  }

  /** Whether the home has lost an event. Its server may have appended it again. */
  wasForgotten(id: string): boolean {
    return this.#forgotten.has(id);
  }

  /** The sequence after which a change took effect; `undefined` while an earlier event of its server is not logged. */
  sequenceOfChange({ place }: Directed): number | undefined {
    return typeof place === 'number' ? place : this.sequenceAt(place);
  }

  /**
   * The sequence after which an operation took effect; `undefined` while an earlier event of its server is not in the
   * log.
   */
  sequenceAt({ node, namespace, handedOut, given }: Place): number | undefined {
    if (given === 0) return handedOut;
    const own = this.of(namespace).byNode.get(node)?.[given - 1];
    return own === undefined ? undefined : Math.max(handedOut, own);
  }

  /** The same, if the server had also told other servers something before, which has a place of its own. */
  sequenceAtMost(place: Place): number | undefined {
    let sequence = this.sequenceAt(place);
    if (sequence === undefined) return undefined;
    for (const each of this.of(place.namespace).kept.slice(sequence)) {
      if (each.at > place.at + TOLD_MS) break;
      if (each.node === place.node && each.at <= place.at && isForNoSocket(each)) ({ sequence } = each);
    }
    return sequence;
  }

  /** Returns the events of living servers that never reached the log. */
  missing(isLiving: (node: number) => boolean): Sent[] {
    return [...this.sent.values()].filter(({ id, node }) => isLiving(node) && this.sequenceOf(id) === undefined);
  }

  /** A socket joins a room at its client's request. */
  enter(socketId: string, stay: Stay): void {
    const stays = this.#stays.get(socketId);
    if (stays) stays.push(stay);
    else this.#stays.set(socketId, [stay]);
  }

  /** Returns the rooms that a socket joined at its client's request. */
  staysOf(socketId: string): readonly Stay[] {
    return this.#stays.get(socketId) ?? [];
  }

  /** A socket has joined the rooms in which it is from the start. */
  greet(socketId: string, greeting: Greeting): void {
    this.#greetings.set(socketId, greeting);
  }

  /** Returns the name of the client of a socket. */
  clientOf(socketId: string): string | undefined {
    return this.#greetings.get(socketId)?.client;
  }

  /**
   * Whether the server that greeted a socket is gone, and the greeting is not in the log. Records that the home has
   * lost stay lost (section 8).
   */
  isGreetingLost(socketId: string, isLiving: (node: number) => boolean): boolean {
    const greeting = this.#greetings.get(socketId);
    return greeting !== undefined && !this.#sequences.has(greeting.id) && !isLiving(greeting.place.node);
  }

  /**
   * Whether an event is for a socket of the client whose greeting comes after it in the log. A server that can wait no
   * longer for the log lets a socket enter, and another server may speak to that socket before the log has its
   * greeting.
   */
  isComing({ rooms, sequence }: Kept, client: string): boolean {
    return rooms.some((room) => {
      const greeting = this.#greetings.get(room);
      return greeting?.client === client && (this.#sequences.get(greeting.id) ?? Number.POSITIVE_INFINITY) > sequence;
    });
  }

  /** A server lets a socket enter a room with history, when the log ends at `end`. */
  ask(socketId: string, room: string, place: Place, end = this.of(place.namespace).end): true {
    const asked = { place, end };
    getOrCreate(this.#asked, `${socketId} ${room}`, () => []).push(asked);
    return true;
  }

  /** Returns the first request of a socket to enter a room, of those since `since`. */
  askOf(socketId: string, room: string, since: number): Asked | undefined {
    return this.#asked.get(`${socketId} ${room}`)?.find(({ place }) => place.at >= since);
  }

  /** The sequence after which a socket was in its rooms. */
  greetedAt(socketId: string): number | undefined {
    const greeting = this.#greetings.get(socketId);
    return greeting && this.sequenceAt(greeting.place);
  }

  /** The sequence of a question to the clients of all servers. */
  questionAt(word: string): number | undefined {
    return this.#questions.get(word);
  }

  /** A server says something to a socket that has its place among the events and none in the log, such as an answer. */
  say(word: string, said: Word): void {
    this.#words.set(word, said);
  }

  /** Returns the facts about such a word. */
  wordOf(word: string): Word | undefined {
    return this.#words.get(word);
  }

  /** Notes that a server appended an event. It appends it again if the home has lost it before its answer. */
  #count(truth: NamespaceTruth, { event, at }: LogRecord, sequence: number, node: number): void {
    const sequences = getOrCreate(truth.byNode, node, () => []);
    const former = truth.forgotten.findIndex((kept) => kept.node === node && kept.event === event && kept.at === at);
    const [lost] = former < 0 ? [] : truth.forgotten.splice(former, 1);
    const place = lost ? sequences.indexOf(lost.sequence) : -1;
    if (place < 0) sequences.push(sequence);
    else sequences[place] = sequence;
  }

  #onTold(truth: NamespaceTruth, { event, at }: LogRecord, sequence: number, node: number): void {
    const [name, key, far, ...args] = JSON.parse(event) as [string, string, [string[], string[]], ...unknown[]];
    if (name === 'durable-taken') truth.taken.push({ key, term: Number(far), sequence, node });
    if (name === 'ask') this.#questions.set(String((args[1] as unknown[])[1]), sequence);
    if (name !== 'act' || args[0] === 'disconnect') return;
    const [[target = '']] = far;
    const isIn = args[0] === 'join';
    for (const room of args[1] as string[]) {
      if (room === DIRECTED_ROOM) truth.directed.push({ place: sequence, target, room, isIn });
      else this.late.act(target, { node, at, room, isIn, sequence });
    }
  }

  #sentOf({ event }: LogRecord): Sent | undefined {
    const [, id] = JSON.parse(event) as unknown[];
    return typeof id === 'string' ? this.sent.get(id) : undefined;
  }

  #check(truth: NamespaceTruth, sent: Sent, record: LogRecord, sequence: number, node: number): void {
    const { id } = sent;
    if (this.#sequences.has(id)) throw new Violation(`${id} came into the log twice`);
    this.#sequences.set(id, sequence);
    if (node !== sent.node) throw new Violation(`${id} of server ${sent.node} was appended by server ${node}`);
    if (!truth.order.isNext(sent, this.keepsTagsApart ? record.rooms : []))
      throw new Violation(`${id} reached the log after a later event of its server`);
    if (String(record.rooms) !== String(sent.rooms) || String(record.except) !== String(sent.except))
      throw new Violation(`${id} is for ${sent.rooms} without ${sent.except}, and in the log for ${record.rooms}`);
  }
}

/** Returns a text that is equal for equal arguments. */
export function fingerprint(args: readonly unknown[]): string {
  return JSON.stringify(args, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
    // JSON.stringify calls a Buffer's `toJSON` before this function.
    const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
    if (type === 'Buffer' && Array.isArray(data)) return { bytes: Buffer.from(data as number[]).toString('base64') };
    return value;
  });
}
