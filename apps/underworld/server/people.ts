/** Who is at each station: the engine's presence counts, over connections, processes and crashes; here it is mirrored and told. */
import { presenceOf } from '../shared/rooms.js';
import { type Card, ROADS } from '../shared/wire.js';
import type { Loudspeaker } from './loudspeaker.js';
import type { Rider, RiderSocket, Riders } from './riders.js';
import type { OpenStation } from './stations.js';
import type { ChatServer } from './world.js';

/** Invariant: a rider that has a connection is present at exactly those stations that it is in. */
export class People {
  readonly #io: ChatServer;
  readonly #riders: Riders;
  readonly #speaker: Loudspeaker;
  readonly #onChange: () => void;

  constructor(io: ChatServer, riders: Riders, speaker: Loudspeaker, onChange: () => void) {
    this.#io = io;
    this.#riders = riders;
    this.#speaker = speaker;
    this.#onChange = onChange;
  }

  /** Follows who is at a station, from its opening on. */
  watch(station: OpenStation): void {
    const presence = this.#io.presence(presenceOf(station.id));
    presence.on('join', ({ id, state }) => this.#came(station, id, state));
    presence.on('update', ({ id, state }) => this.#came(station, id, state));
    presence.on('leave', ({ id }) => this.#went(station, id));
    void this.compare(station);
  }

  /** Does not follow it any more: it is closed. */
  unwatch({ id }: OpenStation): void {
    this.#io.presence(presenceOf(id)).off();
  }

  /** Brings the mirror in line, should anything have been missed. */
  async compare(station: OpenStation): Promise<void> {
    let listed: readonly { id: string; state: unknown }[];
    try {
      listed = await this.#io.presence(presenceOf(station.id)).list();
    } catch {
      // The store cannot be read right now, which the engine has reported; the next comparison may.
      return;
    }
    const present = new Set(listed.map(({ id }) => id));
    for (const { id, state } of listed) this.#came(station, id, state);
    for (const id of [...station.members.keys()]) if (!present.has(id)) this.#went(station, id);
  }

  /** A rider is at a station by this connection, or wears another card there. */
  join({ id }: OpenStation, rider: Rider, socket: RiderSocket): void {
    this.#io.presence(presenceOf(id)).join(socket, { id: rider.card.id, state: rider.card });
  }

  /** A connection is at a station no more. */
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
    if (before) this.#speaker.renamedAt(station, card, before, own);
    else this.#speaker.arrived(station, card, own);
    this.#onChange();
  }

  #went(station: OpenStation, id: string): void {
    const card = station.members.get(id);
    if (!card) return;
    station.members.delete(id);
    this.#speaker.departed(station, card);
    this.#onChange();
  }
}

/** A card, as another process may have written it. */
function cardIn(state: unknown): Card | undefined {
  const { id, name, hue, road } = (state ?? {}) as Partial<Card>;
  const isCard = typeof id === 'string' && Array.isArray(name) && name.length === 3 && typeof hue === 'number';
  return isCard && ROADS.some((known) => known === road) ? (state as Card) : undefined;
}

function isSame(one: Card, other: Card): boolean {
  return one.name.join() === other.name.join() && one.hue === other.hue && one.road === other.road;
}
