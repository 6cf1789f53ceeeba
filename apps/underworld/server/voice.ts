/** How one person is told things: a page gets data to draw, everybody else words. */

import { PAGES, roomOf } from '../shared/rooms.js';
import type { Ride, RideEnd, Road, Welcome } from '../shared/wire.js';
import type { RiderSocket } from './riders.js';
import { whisper } from './whisper.js';

/** The way to one person, for as long as a connection lasts. */
export interface Voice {
  readonly road: Road;
  /** The connection is seated. */
  welcome(welcome: Welcome): void;
  /** The session goes on by another connection, and this one ends. */
  moved(): void;
  muted(forMs: number): void;
  rideStart(ride: Ride): void;
  rideSignal(ride: Ride): void;
  rideOver(ride: Ride, why: RideEnd): void;
}

/** The voice of a page. */
export class PageVoice implements Voice {
  readonly road: Road;
  readonly #socket: RiderSocket;

  constructor(socket: RiderSocket, road: Road) {
    this.#socket = socket;
    this.road = road;
  }

  welcome(welcome: Welcome): void {
    void this.#socket.join(PAGES);
    whisper(this.#socket).emit('welcome', welcome);
  }

  moved(): void {
    whisper(this.#socket).emit('moved');
    this.#socket.disconnect(true);
  }

  muted(forMs: number): void {
    whisper(this.#socket).emit('muted', forMs);
  }

  rideStart(ride: Ride): void {
    void this.#socket.join(roomOf(ride.id));
    whisper(this.#socket).emit('ride:start', ride);
  }

  rideSignal({ id, isPartnerLost }: Ride): void {
    whisper(this.#socket).emit('ride:signal', id, isPartnerLost);
  }

  rideOver({ id }: Ride, why: RideEnd): void {
    whisper(this.#socket).emit('ride:over', id, why);
    void this.#socket.leave(roomOf(id));
  }
}
