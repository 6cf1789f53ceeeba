/** The followers of the logs of a home on another machine. */

import type { Following, LogFollower, Offset } from 'naru/backplane';
import { type Clock, getOrCreate, unreferenced } from 'naru/base';
import type { HomeCalls } from '../calls.js';
import type { Uplink, UplinkHandler } from '../home.js';
import { LostTails } from './lost-tails.js';

/** The parts of a node that its followers use. */
export interface FollowersContext {
  readonly clock: Clock;
  readonly calls: Pick<HomeCalls, 'call' | 'uplink'>;
  /** Called when the home refuses to tell of a namespace. */
  onError(error: unknown): void;
  /** The tag of this process, if the home tells it only of the tags that it follows. */
  readonly tag?: string | undefined;
}

/** A follower of a namespace. */
interface Follower {
  readonly follower: LogFollower;
  /** Called with the newest offset when the home began to tell of the namespace. */
  onBegun(newest: Offset): void;
}

/** A tag of other processes of which this one wants to be told. */
interface Wanted {
  /** The offset after which everything for the tag is told. */
  readonly told: Promise<Offset>;
  /** Called with that offset. */
  onTold(newest: Offset): void;
}

/** A namespace that is followed. */
interface Followed {
  readonly followers: Set<Follower>;
  readonly wanted: Map<string, Wanted>;
  /** The tags that the present uplink does not tell of yet. */
  readonly open: Set<string>;
  /** The uplink that has a request for the namespace, or has refused one and gets the next soon. */
  asked: Uplink | undefined;
}

/** Milliseconds after which a node asks again to be told of a namespace. */
const FOLLOW_RETRY_MS = 1_000;

/** Passes on what the home tells of its logs. After a new uplink, the followers read what they were not told. */
export class Followers {
  readonly #context: FollowersContext;
  readonly #followed = new Map<string, Followed>();
  /** The newest records that this node has heard of. */
  readonly tails: LostTails;
  /** The part of the handler of each uplink that concerns logs. */
  readonly handler: Pick<UplinkHandler, 'onBatch' | 'onMore'>;

  constructor(context: FollowersContext) {
    this.#context = context;
    const onMore = (namespace: string): void => {
      for (const { follower } of this.#followersOf(namespace)) follower.onMore();
    };
    this.tails = new LostTails({ ...context, followed: this.#followed, onMore });
    this.handler = {
      onBatch: (namespace, batch) => {
        this.tails.note(namespace, batch.records.at(-1)?.offset);
        if (this.tails.withholds(namespace)) return;
        for (const { follower } of this.#followersOf(namespace)) follower.onBatch(batch);
      },
      onMore,
    };
  }

  /** The tag of this process. */
  get tag(): string | undefined {
    return this.#context.tag;
  }

  /** Tells `follower` of all appends by others from now on. */
  add(namespace: string, follower: LogFollower): Following {
    const { calls } = this.#context;
    const followed = getOrCreate(
      this.#followed,
      namespace,
      (): Followed => ({
        followers: new Set<Follower>(),
        wanted: new Map<string, Wanted>(),
        open: new Set(this.#own),
        asked: undefined,
      }),
    );
    const { followers } = followed;
    let onBegun: (newest: Offset) => void = () => undefined;
    const ready = new Promise<Offset>((resolve) => {
      onBegun = resolve;
    });
    const own: Follower = { follower, onBegun };
    followers.add(own);
    if (calls.uplink && followers.size === 1) void this.#follow(namespace, followed);
    // The home tells of the namespace already.
    else if (calls.uplink) calls.call('newest', [namespace]).then(onBegun, () => undefined);
    const end = (): void => {
      if (!followers.delete(own) || followers.size > 0) return;
      this.#followed.delete(namespace);
      if (calls.uplink) calls.call('unfollow', [namespace]).catch(() => undefined);
    };
    if (this.tag === undefined) return { ready, end };
    return { ready, end, want: (tag) => this.#want(namespace, followed, tag) };
  }

  /** Has the home tell of the records for a tag, too. */
  #want(namespace: string, followed: Followed, tag: string): Promise<Offset> {
    const { wanted, open } = followed;
    const known = wanted.get(tag);
    if (known) return known.told;
    let onTold: (newest: Offset) => void = () => undefined;
    const told = new Promise<Offset>((resolve) => {
      onTold = resolve;
    });
    wanted.set(tag, { told, onTold });
    open.add(tag);
    void this.#follow(namespace, followed);
    return told;
  }

  /** A new uplink is there. It follows what the previous one did, and shows what the home has lost meanwhile. */
  onUplink(): void {
    for (const [namespace, followed] of this.#followed) {
      for (const tag of [...this.#own, ...followed.wanted.keys()]) followed.open.add(tag);
      followed.asked = undefined;
      void this.#follow(namespace, followed);
    }
    this.tails.onUplink();
    for (const namespace of this.#followed.keys()) this.handler.onMore(namespace);
  }

  /** The tag of this process, which every request of a new uplink has. */
  get #own(): readonly string[] {
    return this.tag === undefined ? [] : [this.tag];
  }

  #followersOf(namespace: string): Iterable<Follower> {
    return this.#followed.get(namespace)?.followers ?? [];
  }

  /**
   * Has the home tell of a namespace, and of the tags of which it does not tell yet. Tags that come before the answer
   * go with the next request, so each goes out once. The first request over an uplink has all tags: the home takes them
   * for complete. Without an answer, the uplink broke or the backplane closed. The next uplink goes on.
   */
  async #follow(namespace: string, followed: Followed): Promise<void> {
    const { calls, clock, onError } = this.#context;
    const { uplink } = calls;
    if (!uplink || followed.asked === uplink || this.#followed.get(namespace) !== followed) return;
    followed.asked = uplink;
    const followers = [...followed.followers];
    const tags = [...followed.open];
    const newest = await calls
      .call('follow', this.tag === undefined ? [namespace] : [namespace, tags])
      .catch((error: unknown) => {
        onError(error);
        return undefined;
      });
    this.tails.note(namespace, newest);
    if (followed.asked !== uplink) return;
    const again = (): void => {
      if (followed.asked !== uplink) return;
      followed.asked = undefined;
      void this.#follow(namespace, followed);
    };
    if (newest === undefined) {
      // The home has refused, perhaps because it is about to load its data.
      unreferenced(clock.setTimeout(again, FOLLOW_RETRY_MS, undefined));
      return;
    }
    for (const { onBegun } of followers) onBegun(newest);
    for (const tag of tags) {
      followed.open.delete(tag);
      followed.wanted.get(tag)?.onTold(newest);
    }
    if (followed.open.size > 0) again();
    else followed.asked = undefined;
  }
}
