/** The presence in one room as a process knows it. */
import type { DeadlineEntry } from '../../base/deadlines.js';
import { Emitter } from '../../base/emitter.js';
import type { Room, SocketId } from '../event/target.js';
import { type PresenceChange, Roster } from './roster.js';
import type { TopicSink } from './shared-presence.js';

/** The presence of a socket in a room. */
export interface Held extends DeadlineEntry {
  readonly room: Room;
  readonly id: SocketId;
  /** Whether another process says that it has taken the client, and the socket is still connected here. */
  isCeded: boolean;
}

/** Presence in one room. It exists while a socket of this process is present or a listener is registered. */
export class PresentRoom extends Emitter implements TopicSink {
  readonly room: Room;
  readonly roster = new Roster();
  isAnnounced = false;
  /** Whether the room has been loaded, so that all of its members are known. Changes are not told before. */
  isLoaded = false;
  /** Number of present sockets of this process. */
  heldCount = 0;
  readonly onEntries: TopicSink['onEntries'];

  constructor(room: Room, onEntries: TopicSink['onEntries']) {
    super();
    this.room = room;
    this.onEntries = onEntries;
  }

  /** Whether nothing in this process needs the room. */
  get isIdle(): boolean {
    return this.heldCount === 0 && this.isSilent;
  }

  /** Calls the listeners for a change. */
  announce({ type, member }: PresenceChange): void {
    this.tell(type, member);
  }
}
