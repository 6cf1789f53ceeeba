/** The viewers of a broadcast, over all servers. Naru's presence counts them; this mirror adds who lags. */

import type { Card } from 'naru-apps-kit/shared/protocol.js';
import { LIMITS } from '../../shared/limits.js';
import type { Laggard, Quality } from '../../shared/protocol.js';
import { crowdOf } from '../../shared/rooms.js';
import type { LiveServer, LiveSocket } from '../live-server.js';

/** The state of a viewer in presence. */
export interface ViewerState {
  readonly card: Card;
  readonly quality: Quality;
  /** How late the viewer is, in milliseconds, rounded so that it changes seldom. */
  readonly lagMs: number;
}

/** Makes a connection count as a viewer, or shows its new state. */
export function attend(io: LiveServer, id: string, socket: LiveSocket, state: ViewerState): void {
  try {
    io.presence(crowdOf(id)).join(socket, { id: state.card.id, state });
  } catch (error) {
    // Presence counts a bounded number of connections. Beyond that, somebody watches without being counted.
    if ((error as Error).name !== 'ConfigError') throw error;
  }
}

/** Ends that. */
export function depart(io: LiveServer, id: string, socket: LiveSocket): void {
  const presence = io.presence(crowdOf(id));
  presence.leave(socket);
  void socket.leave(presence.room);
}

/** The mirror of one audience, on the server of the broadcaster. */
export class Audience {
  readonly #viewers = new Map<string, ViewerState>();
  /** Everybody who has watched, up to a bound. */
  readonly #watched = new Set<string>();
  readonly #presence: ReturnType<LiveServer['presence']>;

  constructor(io: LiveServer, id: string) {
    this.#presence = io.presence(crowdOf(id));
    const note = ({ id: who, state }: { id: string; state: unknown }): void => {
      const known = stateIn(state);
      if (!known) return;
      this.#viewers.set(who, known);
      if (this.#watched.size < WATCHED_MAX) this.#watched.add(who);
    };
    this.#presence.on('join', note);
    this.#presence.on('update', note);
    this.#presence.on('leave', ({ id: who }) => void this.#viewers.delete(who));
    void this.#presence
      .list()
      .then((members) => members.forEach(note))
      // Naru has reported that the store cannot be read. The events that follow fill the mirror.
      .catch(() => undefined);
  }

  /** The number of viewers. */
  get count(): number {
    return this.#viewers.size;
  }

  /** The number of people who have watched so far. */
  get watched(): number {
    return this.#watched.size;
  }

  /** The number of viewers with the low quality. */
  get onLow(): number {
    return [...this.#viewers.values()].filter(({ quality }) => quality === 'low').length;
  }

  /** The viewers who lag the most. */
  get lagging(): Laggard[] {
    return [...this.#viewers.values()]
      .filter(({ lagMs }) => lagMs >= LIMITS.lateMs)
      .sort((one, other) => other.lagMs - one.lagMs)
      .slice(0, LIMITS.laggingListed);
  }

  /** Ends the mirror. */
  close(): void {
    this.#presence.off();
  }
}

/** People that are counted. Beyond that, a broadcaster reads this number. */
const WATCHED_MAX = 50_000;

/** The state of a member, which another process may have written. */
function stateIn(state: unknown): ViewerState | undefined {
  const { card, quality, lagMs } = (state ?? {}) as Partial<ViewerState>;
  const isState =
    typeof card?.id === 'string' && typeof lagMs === 'number' && (quality === 'high' || quality === 'low');
  return isState ? { card, quality, lagMs } : undefined;
}
