/** Keeps the places of durable subscriptions in the store beside the log: the last event that each client acknowledged. */
import { createHash } from 'node:crypto';
import { decodeOffset, type KeyValueStore, type MaybePromise, type Offset } from '../../../backplane/backplane.js';
import type { Timer } from '../../../base/clock.js';
import type { NamespaceContext } from '../../../namespace/context.js';
import type { StompSettings } from '../options.js';

/** A durable subscription that has a subscriber now. */
export interface DurableHolder {
  /** The offset up to which everything is acknowledged. */
  readonly acked: Offset;
  /** Counts events for others as acknowledged. */
  refresh(): void;
  /** Called when another connection has taken the subscription over. */
  onTaken(): void;
}

/** Returns the key of a durable subscription in the store. It is a hash, so the store does not reveal the secret name. */
export function durableKey(namespace: string, owner: string, room: string, name: string): string {
  const text = JSON.stringify([namespace, owner, room, name]);
  return PREFIX + createHash('sha256').update(text).digest('base64url');
}

const PREFIX = 'stomp durable ';
/** The shortest time between two counts of the store's entries, in milliseconds. */
const COUNT_EVERY_MS = 60_000;
/** The longest time after which an idle subscription is written again, in milliseconds. */
const REFRESH_EVERY_MS = 60_000;

/** Follows the offset in the store until something is acknowledged. Such subscriptions cost an attacker nothing, so they are evicted first. */
const UNPROVEN = ' new';
/** The share of the unproven subscriptions that is evicted to make room for a new one. */
const EVICTED_PART = 0.1;

/** The durable subscriptions of a server. Invariant: this process holds at most one subscriber for a key, the newest. */
export class Durables {
  readonly #context: Pick<NamespaceContext, 'clock' | 'backplane' | 'onLogError'>;
  readonly #limits: StompSettings;
  readonly #held = new Map<string, DurableHolder>();
  /** The keys of held subscriptions without any acknowledged event. */
  readonly #unproven = new Set<string>();
  #count = Number.POSITIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;

  constructor(context: Pick<NamespaceContext, 'clock' | 'backplane' | 'onLogError'>, limits: StompSettings) {
    this.#context = context;
    this.#limits = limits;
  }

  /** The offset after which a subscription continues. `undefined` if the subscription is new or cannot be read. */
  find(key: string): MaybePromise<Offset | undefined> {
    const held = this.#held.get(key);
    if (held) return held.acked;
    return this.#ask(
      undefined,
      (store) => store.get(key),
      (text) => {
        if (text?.endsWith(UNPROVEN)) this.#unproven.add(key);
        return readOffset(text);
      },
    );
  }

  /** Whether there is room for a new subscription. If not, some subscriptions without any acknowledged event are evicted. */
  hasRoom(): MaybePromise<boolean> {
    const { durablesMax } = this.#limits;
    const now = this.#context.clock.now();
    // A new count leaves out expired subscriptions.
    if (this.#count < durablesMax || now < this.#countedAt + COUNT_EVERY_MS) return this.#count < durablesMax;
    this.#countedAt = now;
    return this.#ask(
      false,
      (store) => store.list(PREFIX, durablesMax),
      (entries) => {
        this.#count = entries.length;
        if (this.#count >= durablesMax) this.#evict(entries);
        return this.#count < durablesMax;
      },
    );
  }

  /** Makes room. If another process holds an evicted subscription, that process writes it again at its next refresh. */
  #evict(entries: readonly (readonly [key: string, value: string])[]): void {
    const unproven = entries.filter(([key, value]) => value.endsWith(UNPROVEN) && !this.#held.has(key));
    for (const [key] of unproven.slice(0, Math.ceil(unproven.length * EVICTED_PART))) {
      this.#count -= 1;
      this.forget(key);
    }
  }

  /** Assigns a subscription to a new subscriber. An earlier subscriber in this process loses it. */
  hold(key: string, holder: DurableHolder, isNew: boolean): void {
    const before = this.#held.get(key);
    this.#held.set(key, holder);
    if (isNew) {
      this.#count += 1;
      this.#unproven.add(key);
    }
    before?.onTaken();
    // `onTaken` may end the connection, which can be the one of the new subscriber too.
    if (!this.isHeldBy(key, holder)) return;
    this.#write(key, holder.acked);
    this.#schedule();
  }

  /** Whether this holder still has the subscription. */
  isHeldBy(key: string, holder: DurableHolder): boolean {
    return this.#held.get(key) === holder;
  }

  /** Stores the new place after an ACK. It survives a crash once the current turn of the event loop has ended. */
  note(key: string, holder: DurableHolder): void {
    if (!this.isHeldBy(key, holder)) return;
    this.#unproven.delete(key);
    this.#write(key, holder.acked);
  }

  /** Called when the subscriber has gone. The subscription stays in the store for its return. */
  release(key: string, holder: DurableHolder): void {
    if (!this.isHeldBy(key, holder)) return;
    this.#held.delete(key);
    this.#unproven.delete(key);
    if (this.#held.size > 0 || this.#timer === undefined) return;
    this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Deletes a subscription. */
  forget(key: string): void {
    // A client can name any key. One that nobody holds here changes nothing until the next count.
    if (this.#held.delete(key)) this.#count -= 1;
    this.#unproven.delete(key);
    this.#ask(undefined, (store) => store.delete(key), ignore);
  }

  /**
   * Writes all held subscriptions again from time to time. This keeps subscriptions without new ACKs from expiring, and moves them past events
   * for others, which would otherwise become a gap.
   */
  #schedule(): void {
    const everyMs = Math.min(REFRESH_EVERY_MS, this.#limits.durableAgeMax / 4);
    this.#timer ??= this.#context.clock.setTimeout(
      (all: Durables) => {
        all.#timer = undefined;
        for (const [key, holder] of all.#held) all.#touch(key, holder);
        if (all.#held.size > 0) all.#schedule();
      },
      everyMs,
      this,
    );
  }

  /**
   * Writes the place of a subscriber, unless the stored place is ahead. That happens when the client has moved to another process and this one
   * has not yet noticed the end of its connection.
   */
  #touch(key: string, holder: DurableHolder): void {
    this.#ask(
      undefined,
      (store) => store.get(key),
      (text) => {
        const stored = readOffset(text);
        if (!this.isHeldBy(key, holder)) return;
        holder.refresh();
        if (stored === undefined || stored <= holder.acked) this.#write(key, holder.acked);
      },
    );
  }

  #write(key: string, offset: Offset): void {
    const { durableAgeMax } = this.#limits;
    const text = this.#unproven.has(key) ? offset + UNPROVEN : offset;
    this.#ask(undefined, (store) => store.set(key, text, durableAgeMax), ignore);
  }

  /** Asks the store, whose answer may come later. A failure is reported, and yields `fallback`. */
  #ask<T, U>(
    fallback: U,
    question: (store: KeyValueStore) => MaybePromise<T>,
    onAnswer: (answer: T) => U,
  ): MaybePromise<U> {
    const { backplane } = this.#context;
    if (!backplane) return fallback;
    const failed = (error: unknown): U => {
      this.#context.onLogError(error, 'all namespaces');
      return fallback;
    };
    try {
      const answer = question(backplane.store);
      return answer instanceof Promise ? answer.then(onAnswer, failed) : onAnswer(answer);
    } catch (error) {
      return failed(error);
    }
  }
}

function readOffset(text: string | undefined): Offset | undefined {
  const offset = text?.endsWith(UNPROVEN) ? text.slice(0, -UNPROVEN.length) : text;
  return decodeOffset(offset) === undefined ? undefined : offset;
}

function ignore(): void {}
