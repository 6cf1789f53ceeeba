/** Knows of which sockets' own rooms a home tells this process, and whether it kept only what is for others. */
import { type Following, type Offset, ZERO_OFFSET } from '../../../backplane/backplane.js';
import { tagOf } from '../../../backplane/socket-ids.js';
import type { Room } from '../../event/target.js';
import type { NamespaceLog } from '../namespace-log.js';

/**
 * The interest of a process in one log. Guarantee: `hasAll` is false until the home knows all tags of the rooms, and
 * until this process has read what was kept from it before that.
 */
export class Interest {
  readonly #log: Pick<NamespaceLog, 'tag' | 'following'>;
  /** The following that knows the tags. */
  #following: Following | undefined;
  readonly #tags = new Set<string>();
  /** The count of tags that the home has not confirmed. */
  #openCount = 0;
  /** Everything after this record is told. */
  #toldAfter: Offset = ZERO_OFFSET;

  constructor(log: Pick<NamespaceLog, 'tag' | 'following'>) {
    this.#log = log;
  }

  /** Whether the home has not been asked yet to tell of a room: that of a socket with the tag of another process. */
  isNew(room: Room): boolean {
    const { following, tag: own } = this.#log;
    const tag = following?.want && tagOf(room);
    if (tag === undefined || tag === own) return false;
    return following !== this.#following || !this.#tags.has(tag);
  }

  /** A socket is in a room. For a new one, resolves with the offset after which everything to it is told. */
  want(room: Room): Promise<Offset> | undefined {
    if (!this.isNew(room)) return undefined;
    const { following } = this.#log;
    const tag = tagOf(room) ?? '';
    if (following !== this.#following) this.#begin(following);
    this.#tags.add(tag);
    this.#openCount += 1;
    return Promise.resolve(following?.want?.(tag) ?? ZERO_OFFSET).then((newest) => {
      if (following === this.#following) {
        this.#openCount -= 1;
        if (newest > this.#toldAfter) this.#toldAfter = newest;
      }
      return newest;
    });
  }

  /** Whether a process that was told up to `told`, and has delivered everything up to `offset`, lacks nothing. */
  hasAll(told: Offset | undefined, offset: Offset): boolean {
    const { following } = this.#log;
    if (told === undefined || told > offset || !following) return false;
    return following !== this.#following || (this.#openCount === 0 && this.#toldAfter <= offset);
  }

  #begin(following: Following | undefined): void {
    this.#following = following;
    this.#tags.clear();
    this.#openCount = 0;
    this.#toldAfter = ZERO_OFFSET;
  }
}
