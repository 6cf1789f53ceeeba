/** The presence in one room as a process knows it. */
import { Emitter } from '../../base/emitter.js';
import type { Room } from '../event/target.js';
import { type PresenceChange, Roster } from './roster.js';
import type { TopicSink } from './shared-presence.js';

/** Presence in one room. It exists while a socket of this process is present or a listener is registered. */
export class PresentRoom extends Emitter implements TopicSink {
  readonly room: Room;
  readonly roster = new Roster();
  isAnnounced = false;
  /** Whether the room has been loaded, so that all of its members are known. */
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
