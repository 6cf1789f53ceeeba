/** The subscriptions of one client. */
import type { OutgoingEvent } from '../../../namespace/outgoing-event.js';
import type { Subscription } from './subscription.js';

const LOSSES: ReadonlySet<string> = new Set(['naru:gap', 'naru:dropped']);
const NONE: readonly Subscription[] = [];

/** Invariant: each subscription stands once in the table of ids, and once in that of its room or event if it has one. */
export class Subscriptions {
  readonly #byId = new Map<string, Subscription>();
  #byRoom: Map<string, readonly Subscription[]> | undefined = undefined;
  #byEvent: Map<string, readonly Subscription[]> | undefined = undefined;

  /** How many there are. */
  get count(): number {
    return this.#byId.size;
  }

  /** All, in their order. */
  get all(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  /** The subscription of an id. */
  get(id: string): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** Those to the events that are emitted to this client alone, or to everybody. */
  toEvent(name: string): readonly Subscription[] {
    return this.#byEvent?.get(name) ?? NONE;
  }

  /** Those to a room. */
  toRoom(room: string): readonly Subscription[] {
    return this.#byRoom?.get(room) ?? NONE;
  }

  /** Those that get an event. `ownRoom` is the room that is the socket itself. */
  matching(event: OutgoingEvent, ownRoom: string): readonly Subscription[] {
    const { rooms } = event;
    // What is lost to the socket concerns those that read the log.
    if (rooms.size === 0 && LOSSES.has(event.name)) return join(this.toEvent(event.name), this.#withCursor());
    if (rooms.size === 0) return this.toEvent(event.name);
    let found = NONE;
    for (const room of rooms) {
      found = join(found, this.toRoom(room));
      if (room === ownRoom) found = join(found, this.toEvent(event.name));
    }
    return found;
  }

  /** Adds one. */
  add(subscription: Subscription): void {
    this.#byId.set(subscription.id, subscription);
    const table = this.#tableOf(subscription);
    const { name } = subscription.destination;
    table?.set(name, [...(table.get(name) ?? NONE), subscription]);
  }

  /** Takes one out. */
  remove(subscription: Subscription): void {
    this.#byId.delete(subscription.id);
    const table = this.#tableOf(subscription);
    const { name } = subscription.destination;
    const others = (table?.get(name) ?? NONE).filter((other) => other !== subscription);
    if (others.length > 0) table?.set(name, others);
    else table?.delete(name);
  }

  #withCursor(): readonly Subscription[] {
    return this.all.filter(({ cursor }) => cursor !== undefined);
  }

  #tableOf({ destination }: Subscription): Map<string, readonly Subscription[]> | undefined {
    if (destination.kind === 'topic') {
      this.#byRoom ??= new Map();
      return this.#byRoom;
    }
    if (destination.kind !== 'user') return undefined;
    this.#byEvent ??= new Map();
    return this.#byEvent;
  }
}

/** Nearly always there is one room and one subscription, and then nothing is copied. */
function join(some: readonly Subscription[], more: readonly Subscription[]): readonly Subscription[] {
  if (more.length === 0) return some;
  return some.length === 0 ? more : [...some, ...more];
}
