/**
 * The stage before a socket's outbox while its client cannot keep up. Each kind of lag treats the waiting events in its
 * own way.
 */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Room } from '../event/target.js';
import type { ActivePolicy } from './policy.js';

/** A lag. A socket has at most one. */
export interface Lag {
  /** Bytes of memory that the waiting messages take. */
  readonly bytes: number;
  /** The newest record that the member has passed, if that is known. */
  readonly offset: Offset | undefined;
  /** Whether it waits until the member is in its rooms. */
  readonly isHeld: boolean;
  /** Takes messages that are not in the log, and events unless the lag reads them from the log. */
  add(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void;
  /** The member is in a room from now on, or no longer: for the events after the newest one that was delivered. */
  onRoom(room: Room, isIn: boolean): void;
  /** Sends more. Called when the connection has taken the earlier data. */
  pump(): void;
  /**
   * Sends the messages that wait here. Called before the server closes the connection. Absent if the client gets the
   * rest when it comes back.
   */
  release?(): void;
  /** Stops, because the client has gone. */
  cancel(): void;
}
