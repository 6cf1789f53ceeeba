/** Sends events to one rider: data to a page, words to a plain wire. */
import type { Card, ClientKind, Message, Ride, RideEnd, Welcome } from '../../shared/protocol.js';
import { PAGES, roomOf } from '../../shared/rooms.js';
import { type RiderSocket, unlogged } from '../chat-server.js';

/**
 * The way to one rider, for as long as a connection lasts. Its events are for one person, so none of them enters the
 * log.
 */
export interface Voice {
  readonly client: ClientKind;
  /** The connection has its rider. */
  welcome(welcome: Welcome): void;
  /** Another connection has taken over the session, and this one ends. */
  moved(): void;
  muted(forMs: number): void;
  rideStart(ride: Ride): void;
  /** A message of the ride. `isOwn` is true for its sender. */
  rideSaid(rideId: string, message: Message, isOwn: boolean): void;
  /** The companion has another name, or another kind of client. */
  rideRenamed(rideId: string, before: Card, card: Card): void;
  rideSignal(ride: Ride): void;
  rideOver(ride: Ride, why: RideEnd): void;
}

/** The voice of a page. */
export class PageVoice implements Voice {
  readonly client: ClientKind;
  readonly #socket: RiderSocket;

  constructor(socket: RiderSocket, client: ClientKind) {
    this.#socket = socket;
    this.client = client;
  }

  welcome(welcome: Welcome): void {
    void this.#socket.join(PAGES);
    unlogged(this.#socket).emit('welcome', welcome);
  }

  moved(): void {
    unlogged(this.#socket).emit('moved');
    this.#socket.disconnect(true);
  }

  muted(forMs: number): void {
    unlogged(this.#socket).emit('muted', forMs);
  }

  rideStart(ride: Ride): void {
    void this.#socket.join(roomOf(ride.id));
    unlogged(this.#socket).emit('ride:start', ride);
  }

  rideSaid(rideId: string, message: Message, isOwn: boolean): void {
    // A page knows by the acknowledgement that its own message was said.
    if (!isOwn) unlogged(this.#socket).emit('message', rideId, message);
  }

  rideRenamed(rideId: string, _before: Card, card: Card): void {
    unlogged(this.#socket).emit('renamed', rideId, card);
  }

  rideSignal({ id, isPartnerLost }: Ride): void {
    unlogged(this.#socket).emit('ride:signal', id, isPartnerLost);
  }

  rideOver({ id }: Ride, why: RideEnd): void {
    unlogged(this.#socket).emit('ride:over', id, why);
    void this.#socket.leave(roomOf(id));
  }
}
