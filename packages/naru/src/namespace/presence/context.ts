/** The parts of a namespace and its server that presence uses. */
import type { Clock } from '../../base/clock.js';
import type { Room, SocketId } from '../event/target.js';
import type { PresenceSettings } from './settings.js';
import type { SharedPresence } from './shared-presence.js';

/** The parts of a namespace that presence uses. */
export interface PresenceContext<S> {
  readonly name: string;
  readonly clock: Clock;
  readonly settings: PresenceSettings;
  /** Shares presence with other processes, if there can be any. */
  readonly shared: SharedPresence | undefined;
  isOver(socket: S): boolean;
  /** Calls `left` whenever a socket has left a room. Returns the function that ends this. */
  onLeaveRoom(left: (room: Room, id: SocketId) => void): () => void;
  /** Sends an event to the members of a room in this process. */
  tell(room: Room, event: string, args: readonly unknown[]): void;
  tellOne(socket: S, event: string, args: readonly unknown[]): void;
}
