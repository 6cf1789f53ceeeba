/** What a process knows of the presence in one room. */
import { Emitter } from '../../base/emitter.js';
import type { Room } from '../target.js';
import { type PresenceChange, Roster } from './roster.js';
import type { TopicSink } from './shared-presence.js';

/** Presence in one room. It exists while a socket of this process is present, or somebody listens. */
export class PresentRoom extends Emitter implements TopicSink {
  readonly room: Room;
  readonly roster = new Roster();
  isAnnounced = false;
  /** Whether it is known who was here before. */
  isLoaded = false;
  /** Sockets of this process. */
  heldCount = 0;
  readonly onEntries: TopicSink['onEntries'];

  constructor(room: Room, onEntries: TopicSink['onEntries']) {
    super();
    this.room = room;
    this.onEntries = onEntries;
  }

  /** Whether nobody here needs it. */
  get isIdle(): boolean {
    return this.heldCount === 0 && this.isSilent;
  }

  /** Tells listeners. */
  announce({ type, member }: PresenceChange): void {
    this.tell(type, member);
  }
}
