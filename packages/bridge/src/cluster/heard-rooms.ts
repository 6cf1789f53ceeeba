/** The rooms of one namespace whose channels a server hears. */
import { type Clock, type Timer, unreferenced } from 'naru/base';
import type { Room } from 'naru/bridge';

/** The parts of a bridge that its rooms use. */
export interface HeardRoomsContext {
  readonly clock: Clock;
  /** Milliseconds for which a client that is away may come back to what it has missed. */
  readonly recoveryMs: number;
}

/** Enters and leaves the channel of a room. */
export interface RoomChannels {
  enter(room: Room): void;
  leave(room: Room): void;
}

/** The rooms that are heard for clients that are away. Beyond that, the oldest is heard no more. */
const AWAY_MAX = 10_000;

/** Hears a room while it has sockets here, and after that for as long as they may come back. */
export class HeardRooms {
  readonly #context: HeardRoomsContext;
  readonly #channels: RoomChannels;
  /** The rooms without sockets that are still heard. */
  readonly #away = new Map<Room, Timer>();

  constructor(context: HeardRoomsContext, channels: RoomChannels) {
    this.#context = context;
    this.#channels = channels;
  }

  /** A room begins to exist, or ends. */
  take(room: Room, exists: boolean): void {
    const { clock, recoveryMs } = this.#context;
    const timer = this.#away.get(room);
    if (timer !== undefined) clock.clearTimeout(timer);
    this.#away.delete(room);
    if (exists && timer === undefined) this.#channels.enter(room);
    if (exists) return;
    this.#away.set(room, unreferenced(clock.setTimeout(() => this.#leave(room), recoveryMs, undefined)));
    const [oldest] = this.#away.size > AWAY_MAX ? this.#away.keys() : [];
    if (oldest !== undefined) this.#leave(oldest);
  }

  /** The namespace is no longer in use, so it has no sockets. */
  close(): void {
    for (const room of this.#away.keys()) this.#leave(room);
  }

  #leave(room: Room): void {
    const timer = this.#away.get(room);
    if (timer !== undefined) this.#context.clock.clearTimeout(timer);
    this.#away.delete(room);
    this.#channels.leave(room);
  }
}
