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

/** Milliseconds after which a node asks again to be told of a namespace. */
const FOLLOW_RETRY_MS = 1_000;

/** Passes on what the home tells of its logs. After a new uplink, the followers read what they were not told. */
export class Followers {
  readonly #context: FollowersContext;
  readonly #followers = new Map<string, Set<Follower>>();
  /** The tags that are wanted in each namespace. */
  readonly #wanted = new Map<string, Map<string, Wanted>>();
  /** The newest records that this node has heard of. */
  readonly tails: LostTails;
  /** The part of the handler of each uplink that concerns logs. */
  readonly handler: Pick<UplinkHandler, 'onBatch' | 'onMore'>;

  constructor(context: FollowersContext) {
    this.#context = context;
    const onMore = (namespace: string): void => {
      for (const { follower } of this.#followers.get(namespace) ?? []) follower.onMore();
    };
    this.tails = new LostTails({ ...context, followed: this.#followers, onMore });
    this.handler = {
      onBatch: (namespace, batch) => {
        this.tails.note(namespace, batch.records.at(-1)?.offset);
        if (this.tails.withholds(namespace)) return;
        for (const { follower } of this.#followers.get(namespace) ?? []) follower.onBatch(batch);
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
    const followers = getOrCreate(this.#followers, namespace, () => new Set());
    let onBegun: (newest: Offset) => void = () => undefined;
    const ready = new Promise<Offset>((resolve) => {
      onBegun = resolve;
    });
    const own: Follower = { follower, onBegun };
    followers.add(own);
    if (calls.uplink && followers.size === 1) void this.#follow(namespace);
    // The home tells of the namespace already.
    else if (calls.uplink) calls.call('newest', [namespace]).then(onBegun, () => undefined);
    const end = (): void => {
      if (!followers.delete(own) || followers.size > 0) return;
      this.#followers.delete(namespace);
      this.#wanted.delete(namespace);
      if (calls.uplink) calls.call('unfollow', [namespace]).catch(() => undefined);
    };
    if (this.tag === undefined) return { ready, end };
    return { ready, end, want: (tag) => this.#want(namespace, tag) };
  }

  /** Has the home tell of the records for a tag, too. */
  #want(namespace: string, tag: string): Promise<Offset> {
    const wanted = getOrCreate(this.#wanted, namespace, () => new Map<string, Wanted>());
    const known = wanted.get(tag);
    if (known) return known.told;
    let onTold: (newest: Offset) => void = () => undefined;
    const told = new Promise<Offset>((resolve) => {
      onTold = resolve;
    });
    wanted.set(tag, { told, onTold });
    if (this.#context.calls.uplink) void this.#follow(namespace);
    return told;
  }

  /** A new uplink is there. It follows what the previous one did, and shows what the home has lost meanwhile. */
  onUplink(): void {
    for (const namespace of this.#followers.keys()) void this.#follow(namespace);
    this.tails.onUplink();
    for (const namespace of this.#followers.keys()) this.handler.onMore(namespace);
  }

  /** Has the home tell of a namespace. Without answer, the uplink broke or the backplane closed. The next goes on. */
  async #follow(namespace: string): Promise<void> {
    const { calls, clock, onError } = this.#context;
    const followers = [...(this.#followers.get(namespace) ?? [])];
    const { uplink } = calls;
    const wanted = [...(this.#wanted.get(namespace) ?? [])];
    const { tag: own } = this;
    const tags = own === undefined ? undefined : [own, ...wanted.map(([tag]) => tag)];
    const newest = await calls.call('follow', tags ? [namespace, tags] : [namespace]).catch((error: unknown) => {
      onError(error);
      return undefined;
    });
    this.tails.note(namespace, newest);
    if (newest !== undefined) {
      for (const { onBegun } of followers) onBegun(newest);
      for (const [, { onTold }] of wanted) onTold(newest);
    } else unreferenced(clock.setTimeout(() => this.#followAgain(namespace, uplink), FOLLOW_RETRY_MS, undefined));
  }

  /** The home has refused to tell of a namespace, perhaps because it is about to load its data. */
  #followAgain(namespace: string, uplink: Uplink | undefined): void {
    if (uplink && uplink === this.#context.calls.uplink && this.#followers.has(namespace)) void this.#follow(namespace);
  }
}
