/** Knows of which sockets' own rooms a home tells this process, and whether it kept only what is for others. */
import { type Following, type Offset, ZERO_OFFSET } from '../../../backplane/backplane.js';
import { getOrCreate } from '../../../base/get-or-create.js';
import { tagOf } from '../../../base/node/socket-ids.js';
import type { Room } from '../../event/target.js';
import type { NamespaceLog } from '../namespace-log.js';

/** The tags of which a home was asked to tell, and how far it has confirmed them. */
class Wish {
  readonly tags = new Set<string>();
  /** The count of tags that the home has not confirmed. */
  openCount = 0;
  /** Everything after this record is told. */
  toldAfter: Offset = ZERO_OFFSET;
}

/**
 * The interest of a process in one log. Guarantee: `hasAll` is false until the home knows all tags of the rooms, and
 * until this process has read what was kept from it before that.
 */
export class Interest {
  readonly #log: Pick<NamespaceLog, 'tag' | 'following'>;
  /** A new following knows none of the tags. */
  readonly #wishes = new WeakMap<Following, Wish>();

  constructor(log: Pick<NamespaceLog, 'tag' | 'following'>) {
    this.#log = log;
  }

  /** Whether the home has not been asked yet to tell of a room: that of a socket with the tag of another process. */
  isNew(room: Room): boolean {
    const { following, tag: own } = this.#log;
    const tag = following?.want && tagOf(room);
    return tag !== undefined && tag !== own && !(following && this.#wishes.get(following)?.tags.has(tag));
  }

  /** A socket is in a room. For a new one, resolves with the offset after which everything to it is told. */
  want(room: Room): Promise<Offset> | undefined {
    const { following } = this.#log;
    if (!following || !this.isNew(room)) return undefined;
    const tag = tagOf(room) ?? '';
    const wish = getOrCreate(this.#wishes, following, () => new Wish());
    wish.tags.add(tag);
    wish.openCount += 1;
    return Promise.resolve(following.want?.(tag) ?? ZERO_OFFSET).then((newest) => {
      wish.openCount -= 1;
      if (newest > wish.toldAfter) wish.toldAfter = newest;
      return newest;
    });
  }

  /** Whether a process that was told up to `told`, and has delivered everything up to `offset`, lacks nothing. */
  hasAll(told: Offset | undefined, offset: Offset): boolean {
    const { following } = this.#log;
    if (told === undefined || told > offset || !following) return false;
    const wish = this.#wishes.get(following);
    return !wish || (wish.openCount === 0 && wish.toldAfter <= offset);
  }
}
