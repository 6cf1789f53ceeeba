/**
 * The people at each station. Naru's presence counts them over connections, processes and crashes. This class mirrors
 * and announces them.
 */
import { type Card, CLIENT_KINDS } from '../../shared/protocol.js';
import { presenceOf } from '../../shared/rooms.js';
import type { ChatServer, RiderSocket } from '../chat-server.js';
import type { Rider, Riders } from '../riders/riders.js';
import type { StationAnnouncer } from './station-announcer.js';
import type { OpenStation } from './stations.js';

/**
 * The presence of all stations. Invariant: a rider with a connection is present at exactly the stations that it is in.
 */
export class StationPresence {
  readonly #io: ChatServer;
  readonly #riders: Riders;
  readonly #announcer: StationAnnouncer;
  readonly #onChange: () => void;

  /** `onChange` is called when the number of people at a station may have changed. */
  constructor(io: ChatServer, riders: Riders, announcer: StationAnnouncer, onChange: () => void) {
    this.#io = io;
    this.#riders = riders;
    this.#announcer = announcer;
    this.#onChange = onChange;
  }

  /** Begins to mirror a station that has opened. */
  watch(station: OpenStation): void {
    // `io.presence(room)` reports people in all processes that share the backplane.
    const presence = this.#io.presence(presenceOf(station.id));
    presence.on('join', ({ id, state }) => this.#came(station, id, state));
    presence.on('update', ({ id, state }) => this.#came(station, id, state));
    presence.on('leave', ({ id }) => this.#went(station, id));
    void this.compare(station);
  }

  /** Ends the mirror of a station that has closed. */
  unwatch({ id }: OpenStation): void {
    this.#io.presence(presenceOf(id)).off();
  }

  /** Brings the mirror in line with the list, in case an event was missed. */
  async compare(station: OpenStation): Promise<void> {
    let listed: readonly { id: string; state: unknown }[];
    try {
      listed = await this.#io.presence(presenceOf(station.id)).list();
    } catch {
      // Naru has reported that the store cannot be read. The next comparison tries again.
      return;
    }
    const present = new Set(listed.map(({ id }) => id));
    for (const { id, state } of listed) this.#came(station, id, state);
    for (const id of [...station.members.keys()]) if (!present.has(id)) this.#went(station, id);
  }

  /**
   * Makes a rider present by a connection, or shows the rider's new card. The alias is the identity, so two connections
   * are one person.
   */
  join({ id }: OpenStation, rider: Rider, socket: RiderSocket): void {
    this.#io.presence(presenceOf(id)).join(socket, { id: rider.card.id, state: rider.card });
  }

  /** Ends the presence of one connection. */
  leave({ id }: OpenStation, socket: RiderSocket): void {
    const presence = this.#io.presence(presenceOf(id));
    presence.leave(socket);
    void socket.leave(presence.room);
  }

  #came(station: OpenStation, id: string, state: unknown): void {
    const card = cardIn(state);
    if (card?.id !== id) return;
    const before = station.members.get(id);
    if (before && isSame(before, card)) return;
    station.members.set(id, card);
    const own = this.#riders.get(id)?.socket?.id;
    if (before) this.#announcer.renamed(station, card, before, own);
    else this.#announcer.arrived(station, card, own);
    this.#onChange();
  }

  #went(station: OpenStation, id: string): void {
    const card = station.members.get(id);
    if (!card) return;
    station.members.delete(id);
    this.#announcer.departed(station, card);
    this.#onChange();
  }
}

/** The card in the state of a member, which another process may have written. */
function cardIn(state: unknown): Card | undefined {
  const { id, name, hue, client } = (state ?? {}) as Partial<Card>;
  const isCard = typeof id === 'string' && Array.isArray(name) && name.length === 3 && typeof hue === 'number';
  return isCard && CLIENT_KINDS.some((known) => known === client) ? (state as Card) : undefined;
}

function isSame(one: Card, other: Card): boolean {
  return one.name.join() === other.name.join() && one.hue === other.hue && one.client === other.client;
}
