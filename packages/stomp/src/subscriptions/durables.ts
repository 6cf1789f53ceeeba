/**
 * Keeps the places of durable subscriptions in the store beside the log: the last event that each client acknowledged.
 */
import { createHash } from 'node:crypto';
import type { KeyValueStore, Offset, Swapped } from 'naru/backplane';
import type { Timer } from 'naru/base';
import { type Answer, after, ProtocolError, unawaited, unlessThere } from 'naru/base';
import type { NamespaceContext, NamespaceCore } from 'naru/wire';
import type { StompSettings } from '../options.js';
import { type DurablePlace, decodePlace, encodePlace } from './durable-place.js';

/** A durable subscription that has a subscriber now. */
export interface DurableHolder {
  /** The offset up to which everything is acknowledged. */
  readonly acked: Offset;
  /** Counts events for others as acknowledged, after the events that are on their way into the log. */
  refresh(): Answer<void>;
  /** Called when another connection has taken the subscription over. */
  onTaken(): void;
}

/** A durable subscription that was taken for a subscriber. */
export interface DurableClaim {
  readonly key: string;
  /** The offset after which the subscriber continues. `undefined` if the subscription is new. */
  readonly found: Offset | undefined;
  /** The state that the store has now. */
  readonly place: DurablePlace;
}

/** Why a subscription could not be taken: the limit is reached, or the store failed. */
export type Unclaimed = 'full' | 'failed';

/**
 * The part of a namespace that durable subscriptions use. Its messages reach the other nodes at their place in the log.
 */
export type DurableNamespace = Pick<NamespaceCore, 'tell' | 'told'> & {
  readonly log: Pick<NonNullable<NamespaceCore['log']>, 'refresh'> | undefined;
};

type DurableContext = Pick<NamespaceContext, 'clock' | 'backplane' | 'random' | 'onLogError'>;

/**
 * Returns the key of a durable subscription in the store. It is a hash, so the store does not reveal the secret name.
 */
export function durableKey(namespace: string, owner: string, room: string, name: string): string {
  const text = JSON.stringify([namespace, owner, room, name]);
  return PREFIX + createHash('sha256').update(text).digest('base64url');
}

const PREFIX = 'stomp durable ';
/** The time after which the store's entries are counted again, in milliseconds. */
const COUNT_EVERY_MS = 60_000;
/** The share of `durablesMax` that a process adds before it counts again. Other processes may have added as many. */
const COUNT_EVERY_PART = 0.01;
/** The longest time after which an idle subscription is written again, in milliseconds. */
const REFRESH_EVERY_MS = 60_000;
/** The share of the unproven subscriptions that is evicted to make room for a new one. */
const EVICTED_PART = 0.1;

/** Entries of the store. */
type Entries = readonly (readonly [key: string, value: string])[];

/** The messages to other nodes: a subscriber has taken a subscription, or a client has deleted it. */
const TAKEN = 'durable-taken';
const DELETED = 'durable-deleted';

/** A subscription that this process holds. */
class Held {
  readonly key: string;
  readonly term: number;
  readonly holder: DurableHolder;
  readonly namespace: DurableNamespace;
  isUnproven: boolean;
  /** The text of the newest write, which the store still has unless others have changed it. */
  text: string | undefined;
  /** Settles when the write that is under way has ended, with those that wait for it. */
  writing: Promise<void> | undefined = undefined;
  /** The offset that waits for the end of the write. */
  due: Offset | undefined = undefined;
  /** Whether the store failed in the newest write. */
  isFailed = false;

  constructor({ key, place }: DurableClaim, holder: DurableHolder, namespace: DurableNamespace) {
    this.key = key;
    this.term = place.term;
    this.isUnproven = place.isUnproven;
    this.text = encodePlace(place);
    this.holder = holder;
    this.namespace = namespace;
  }
}

/**
 * The durable subscriptions of a server. Guarantee: at most one subscriber of all nodes can store an acknowledgement,
 * the one that took the subscription last. A subscriber takes it by a swap in the store, without a word of the previous
 * one, which may be dead. Every write is a swap, too, so the previous one fails to write from then on. A message in the
 * log tells it at which offset it stops.
 */
export class Durables {
  readonly #context: DurableContext;
  readonly #limits: StompSettings;
  readonly #held = new Map<string, Held>();
  readonly #node: string;
  #count = 0;
  #added = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;

  constructor(context: DurableContext, limits: StompSettings) {
    this.#context = context;
    this.#limits = limits;
    this.#node = context.random.id();
  }

  /**
   * Takes a subscription for a new subscriber. An earlier one loses it, on any node. A new subscription begins at
   * `start`.
   */
  claim(key: string, namespace: DurableNamespace, start: Offset): Answer<DurableClaim | Unclaimed> {
    namespace.told.set(TAKEN, (message) => this.#onTaken(message));
    namespace.told.set(DELETED, (message) => this.#onDeleted(message));
    // An acknowledgement that is on its way to the store counts.
    return after(this.#held.get(key)?.writing, () =>
      this.#ask<string | undefined, DurableClaim | Unclaimed>(
        'failed',
        (store) => store.get(key),
        (text) => this.#claim(key, text, namespace, start),
      ),
    );
  }

  #claim(
    key: string,
    text: string | undefined,
    namespace: DurableNamespace,
    start: Offset,
  ): Answer<DurableClaim | Unclaimed> {
    const before = decodePlace(text);
    return after(before ? undefined : this.#findRoom(), (unclaimed) => {
      if (unclaimed) return unclaimed;
      const { offset, term, isUnproven } = before ?? { offset: start, term: 0, isUnproven: true };
      const place = { offset, term: term + 1, node: this.#node, isUnproven };
      return this.#swap(key, text, encodePlace(place), 'failed', ({ swapped, value }) => {
        if (!swapped) return this.#claim(key, value, namespace, start);
        if (!before) this.#note(1);
        this.#lose(this.#held.get(key));
        const isElsewhere = before !== undefined && before.node !== this.#node;
        if (isElsewhere) namespace.tell([TAKEN, key, place.term, place.node]);
        return { key, place, found: before?.offset };
      });
    });
  }

  /** Assigns a subscription that was taken to its subscriber. */
  hold(claim: DurableClaim, holder: DurableHolder, namespace: DurableNamespace): void {
    const newer = this.#held.get(claim.key);
    if (newer) {
      holder.onTaken();
      return;
    }
    const held = new Held(claim, holder, namespace);
    this.#held.set(claim.key, held);
    this.#schedule();
    // Another node may have taken the subscription since.
    void this.#write(held);
  }

  /** Whether this holder still has the subscription, as far as this process knows. */
  isHeldBy(key: string, holder: DurableHolder): boolean {
    return this.#held.get(key)?.holder === holder;
  }

  /**
   * Stores the new place. It survives a crash once the result has settled. Rejects with STOMP_REFUSED if the store
   * fails. `isAcked` says that the client has acknowledged something, which proves the subscription.
   */
  note(key: string, holder: DurableHolder, isAcked: boolean): Answer<void> {
    const held = this.#held.get(key);
    if (held?.holder !== holder) return;
    held.isUnproven &&= !isAcked;
    const noted = after(this.#write(held), () =>
      held.isFailed ? Promise.reject(new ProtocolError('STOMP_REFUSED', 'the ACK cannot be stored')) : undefined,
    );
    // Only a client that wants a receipt waits for it.
    return unawaited(noted);
  }

  /** Called when the subscriber has gone. The subscription stays in the store for its return. */
  release(key: string, holder: DurableHolder): void {
    if (this.isHeldBy(key, holder)) this.#letGo(key);
  }

  /**
   * Deletes a subscription. A subscriber that still has it, on any node, goes on without a place in the store. Rejects
   * with STOMP_REFUSED if the store fails.
   */
  forget(key: string, namespace: DurableNamespace): Answer<void> {
    // A client can name any key. One that nobody holds here changes nothing until the next count.
    if (this.#letGo(key)) this.#note(-1);
    if (!this.#context.backplane) return undefined;
    const deleted = this.#ask<string | undefined, boolean>(
      false,
      (store) => store.get(key),
      (text) => {
        const { term, node } = decodePlace(text) ?? { term: 0, node: this.#node };
        // The message stands in the log before the holder can find the subscription deleted.
        if (node !== this.#node) namespace.tell([DELETED, key, term, node]);
        return this.#ask(
          false,
          (store) => store.delete(key),
          () => true,
        );
      },
    );
    const refuse = (): Promise<void> =>
      Promise.reject(new ProtocolError('STOMP_REFUSED', 'the durable subscription cannot be deleted'));
    return unawaited(after(deleted, (isDone) => (isDone ? undefined : refuse())));
  }

  /** Takes the message of a node whose subscriber has taken a subscription. */
  #onTaken([, key, term, node]: readonly unknown[]): void {
    const held = this.#held.get(String(key));
    if (!held || node === this.#node) return;
    if (Number(term) > held.term) this.#lose(held);
    // An old message, or one of a subscription that was deleted and made again: the store knows.
    else void this.#write(held);
  }

  #onDeleted([, key, term, node]: readonly unknown[]): void {
    const held = this.#held.get(String(key));
    if (held && held.term === term && node === this.#node) this.#letGo(held.key);
  }

  /**
   * Returns why a new subscription cannot be taken, or `undefined` if there is room for it. At the limit, some
   * subscriptions without any acknowledged event are evicted.
   */
  #findRoom(): Answer<Unclaimed | undefined> {
    const { durablesMax } = this.#limits;
    const now = this.#context.clock.now();
    const isFull = this.#count >= durablesMax;
    const isOld = now >= this.#countedAt + COUNT_EVERY_MS;
    if (!isOld && (isFull || this.#added < durablesMax * COUNT_EVERY_PART)) return isFull ? 'full' : undefined;
    this.#countedAt = now;
    this.#added = 0;
    return this.#ask<Entries, Unclaimed | undefined>(
      'failed',
      (store) => store.list(PREFIX, durablesMax),
      (entries) => {
        this.#count = entries.length;
        if (this.#count >= durablesMax) this.#evict(entries);
        return this.#count < durablesMax ? undefined : 'full';
      },
    );
  }

  /** Makes room. If another process holds an evicted subscription, that process writes it again at its next write. */
  #evict(entries: Entries): void {
    const unproven = entries.filter(([key, value]) => decodePlace(value)?.isUnproven && !this.#held.has(key));
    for (const [key, value] of unproven.slice(0, Math.ceil(unproven.length * EVICTED_PART))) {
      this.#count -= 1;
      // A subscription with an acknowledgement since then stays.
      this.#swap(key, value, undefined, undefined, () => undefined);
    }
  }

  #note(change: 1 | -1): void {
    this.#count += change;
    if (change > 0) this.#added += 1;
  }

  #lose(held: Held | undefined): void {
    if (!held || this.#held.get(held.key) !== held) return;
    this.#letGo(held.key);
    held.holder.onTaken();
  }

  #letGo(key: string): boolean {
    const wasHeld = this.#held.delete(key);
    if (this.#held.size === 0 && this.#timer !== undefined) {
      this.#context.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    return wasHeld;
  }

  /**
   * Writes all held subscriptions again from time to time. This keeps subscriptions without new ACKs from expiring, and
   * moves them past events for others, which would otherwise become a gap.
   */
  #schedule(): void {
    const everyMs = Math.min(REFRESH_EVERY_MS, this.#limits.durableAgeMax / 4);
    this.#timer ??= this.#context.clock.setTimeout(
      (all: Durables) => {
        all.#timer = undefined;
        for (const held of [...all.#held.values()]) all.#refresh(held);
        if (all.#held.size > 0) all.#schedule();
      },
      everyMs,
      this,
    );
  }

  #refresh(held: Held): void {
    void after(held.holder.refresh(), () => {
      if (this.#held.get(held.key) === held) return this.#write(held);
    });
  }

  /** Writes a place. While a write is under way, only the newest place waits. */
  #write(held: Held, offset = held.holder.acked): Answer<void> {
    if (held.writing) {
      held.due = offset;
      return held.writing;
    }
    const written = this.#put(held, offset);
    unlessThere(written, (coming) => {
      held.writing = coming.then(() => {
        const { due } = held;
        held.writing = undefined;
        held.due = undefined;
        return due === undefined ? undefined : this.#write(held, due);
      });
    });
    return held.writing;
  }

  #put(held: Held, offset: Offset): Answer<void> {
    const { key, term, isUnproven } = held;
    const text = encodePlace({ offset, term, node: this.#node, isUnproven });
    held.isFailed = true;
    return this.#swap<void>(key, held.text, text, undefined, ({ swapped, value }) => {
      held.isFailed = false;
      held.text = swapped ? text : value;
      if (swapped) return;
      const found = decodePlace(value);
      // A write whose answer was lost has this term.
      if (found?.term === term && found.node === this.#node) return this.#put(held, offset);
      if (found) {
        this.#lose(held);
        return;
      }
      // The subscription was evicted and is written again, unless a client has deleted it. In that case the log has the
      // message.
      return after(held.namespace.log?.refresh(), () => {
        if (this.#held.get(key) === held) return this.#put(held, offset);
      });
    });
  }

  #swap<U>(
    key: string,
    expected: string | undefined,
    text: string | undefined,
    fallback: U,
    onSwapped: (answer: Swapped) => Answer<U>,
  ): Answer<U> {
    return this.#ask(fallback, (store) => store.swap(key, expected, text, this.#limits.durableAgeMax), onSwapped);
  }

  /** Asks the store, whose answer may come later. A failure is reported, and yields `fallback`. */
  #ask<T, U>(
    fallback: U,
    question: (store: KeyValueStore) => Answer<T>,
    onAnswer: (answer: T) => Answer<U>,
  ): Answer<U> {
    const { backplane } = this.#context;
    if (!backplane) return fallback;
    const failed = (error: unknown): U => {
      this.#context.onLogError(error, 'all namespaces');
      return fallback;
    };
    try {
      return after(question(backplane.store), onAnswer, failed);
    } catch (error) {
      return failed(error);
    }
  }
}
