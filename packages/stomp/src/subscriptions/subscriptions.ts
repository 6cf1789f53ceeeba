/** The subscriptions of one client. */
import { isPersonRoom, type Member, type OutgoingEvent } from 'naru/wire';
import type { Subscription } from './subscription.js';

const LOSSES: ReadonlySet<string> = new Set(['naru:gap', 'naru:dropped']);
const NONE: readonly Subscription[] = [];

/**
 * The subscriptions of a client. Invariant: each is once in the table of ids, and once in the table of its room or
 * event if it has one.
 */
export class Subscriptions {
  readonly #byId = new Map<string, Subscription>();
  #byRoom: Map<string, readonly Subscription[]> | undefined = undefined;
  #byEvent: Map<string, readonly Subscription[]> | undefined = undefined;

  /** The number of subscriptions. */
  get count(): number {
    return this.#byId.size;
  }

  /** All subscriptions, in the order in which they were added. */
  get all(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  /** The subscription with an id, if it exists. */
  get(id: string): Subscription | undefined {
    return this.#byId.get(id);
  }

  /** The number of subscriptions to a destination that get the same messages. */
  countOf(destination: Subscription['destination']): number {
    return this.#tableOf({ destination })?.get(destination.name)?.length ?? 0;
  }

  /** The subscriptions to an event that is emitted to this client alone or to everybody. */
  toEvent(name: string): readonly Subscription[] {
    return this.#byEvent?.get(name) ?? NONE;
  }

  /** The subscriptions to a room. */
  toRoom(room: string): readonly Subscription[] {
    return this.#byRoom?.get(room) ?? NONE;
  }

  /**
   * The subscriptions of a member that get an event, each once. An event to many rooms may be for this member alone by
   * one of them, and for other persons by the others.
   */
  matching(event: OutgoingEvent, member: Pick<Member, 'id' | 'rooms'>): readonly Subscription[] {
    const { rooms } = event;
    // Lost events of the socket also concern the subscriptions that read the log.
    if (rooms.size === 0 && LOSSES.has(event.name)) return join(this.toEvent(event.name), this.#withCursor());
    if (rooms.size === 0) return this.toEvent(event.name);
    let found = NONE;
    let isDirect = false;
    for (const room of rooms) {
      found = join(found, this.toRoom(room));
      isDirect ||= room === member.id || (isPersonRoom(room) && (rooms.size === 1 || member.rooms.has(room)));
    }
    return isDirect ? join(found, this.toEvent(event.name)) : found;
  }

  /** Adds a subscription. */
  add(subscription: Subscription): void {
    this.#byId.set(subscription.id, subscription);
    const table = this.#tableOf(subscription);
    const { name } = subscription.destination;
    table?.set(name, [...(table.get(name) ?? NONE), subscription]);
  }

  /** Removes a subscription. */
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

  #tableOf({ destination }: Pick<Subscription, 'destination'>): Map<string, readonly Subscription[]> | undefined {
    if (destination.kind === 'topic') {
      this.#byRoom ??= new Map();
      return this.#byRoom;
    }
    if (destination.kind !== 'user') return undefined;
    this.#byEvent ??= new Map();
    return this.#byEvent;
  }
}

/** Joins two lists. In the usual case of one room and one subscription nothing is copied. */
function join(some: readonly Subscription[], more: readonly Subscription[]): readonly Subscription[] {
  if (more.length === 0) return some;
  return some.length === 0 ? more : [...some, ...more];
}
