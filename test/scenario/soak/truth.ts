/** The truth of a run: every sent event and its place in the log, with which the checker compares what arrived. */
import { decodeOffset, type LogRecord, type Offset } from '../../../src/backplane/backplane.js';

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
}

/** A room that a socket joined, with the places in the log between which it receives the room's messages. */
export interface Stay {
  readonly room: string;
  /** The socket may receive messages after this sequence, the client's newest when it asked to join. */
  readonly mayFrom: number;
  /** The socket must receive messages after this event. */
  readonly enteredBy: string;
  /** The socket must receive messages up to this sequence, the client's newest when it asked to leave. */
  mustTo: number;
  /** The socket must not receive messages after this event. */
  leftBy: string | undefined;
}

/** The log of one namespace, record by record, as it arrived at its home. */
export class NamespaceTruth {
  readonly kept: Kept[] = [];
  readonly lastOrder = new Map<number, number>();

  /** The newest sequence. */
  get end(): number {
    return this.kept.length;
  }

  at(sequence: number): Kept | undefined {
    return this.kept[sequence - 1];
  }
}

export class Truth {
  readonly namespaces = new Map<string, NamespaceTruth>();
  readonly sent = new Map<string, Sent>();
  readonly #sequences = new Map<string, number>();
  readonly #stays = new Map<string, Stay[]>();
  readonly #orders = new Map<string, number>();
  #count = 0;

  of(namespace: string): NamespaceTruth {
    let truth = this.namespaces.get(namespace);
    if (!truth) {
      truth = new NamespaceTruth();
      this.namespaces.set(namespace, truth);
    }
    return truth;
  }

  /** Returns a new id for an event. */
  nextId(): string {
    this.#count += 1;
    return `e${this.#count}`;
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
    return id === undefined ? undefined : this.#sequences.get(id);
  }

  /** Records arrived at their home. Throws a Violation when they differ from the emitted events. */
  append(namespace: string, records: readonly LogRecord[], offsets: readonly Offset[], node: number): void {
    const truth = this.of(namespace);
    for (const [index, record] of records.entries()) {
      const sequence = decodeOffset(offsets[index]);
      if (sequence !== truth.end + 1)
        throw new Violation(`offsets of ${namespace}: ${String(sequence)} came after ${truth.end}`);
      const sent = this.#sentOf(record);
      truth.kept.push({ sequence, at: record.at, rooms: record.rooms, except: record.except, sent });
      if (sent) this.#check(truth, sent, record, sequence, node);
    }
  }

  /** Returns the events of living servers that never reached the log. */
  missing(isLiving: (node: number) => boolean): Sent[] {
    return [...this.sent.values()].filter(({ id, node }) => isLiving(node) && !this.#sequences.has(id));
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

  #sentOf({ event }: LogRecord): Sent | undefined {
    const [, id] = JSON.parse(event) as unknown[];
    return typeof id === 'string' ? this.sent.get(id) : undefined;
  }

  #check(truth: NamespaceTruth, sent: Sent, record: LogRecord, sequence: number, node: number): void {
    const { id } = sent;
    if (this.#sequences.has(id)) throw new Violation(`${id} came into the log twice`);
    this.#sequences.set(id, sequence);
    if (node !== sent.node) throw new Violation(`${id} of server ${sent.node} was appended by server ${node}`);
    const last = truth.lastOrder.get(node) ?? 0;
    if (sent.order <= last) throw new Violation(`${id} reached the log after a later event of its server`);
    truth.lastOrder.set(node, sent.order);
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
