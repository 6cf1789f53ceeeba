/** Where durable subscriptions go on: what their clients have acknowledged last, kept beside the log. */
import { createHash } from 'node:crypto';
import { decodeOffset, type KeyValueStore, type MaybePromise, type Offset } from '../../../backplane/backplane.js';
import type { Timer } from '../../../base/clock.js';
import type { NamespaceContext } from '../../../namespace/context.js';
import type { StompSettings } from '../options.js';

/** A durable subscription that somebody is subscribed to. */
export interface DurableHolder {
  /** What was acknowledged. */
  readonly acked: Offset;
  /** Counts as acknowledged what was for others. */
  refresh(): void;
  /** Another connection has taken it over. */
  onTaken(): void;
}

/** What the name of a subscription is made into; nobody can read it out of the store. */
export function durableKey(namespace: string, owner: string, room: string, name: string): string {
  const text = JSON.stringify([namespace, owner, room, name]);
  return PREFIX + createHash('sha256').update(text).digest('base64url');
}

const PREFIX = 'stomp durable ';
/** Milliseconds between two counts of what the store has. */
const COUNT_EVERY_MS = 60_000;
/** Milliseconds after which a subscription in which nothing happens is written again, at most. */
const REFRESH_EVERY_MS = 60_000;

/** Stands in the store behind the offset of one of which nothing was acknowledged yet: its name cost whoever thought it up nothing. */
const UNPROVEN = ' new';
/** The part of such ones that goes when there is no room for another. */
const EVICTED_PART = 0.1;

/** The durable subscriptions of a server. Invariant: of those with one key one is held in this process, the newest. */
export class Durables {
  readonly #context: Pick<NamespaceContext, 'clock' | 'backplane' | 'onLogError'>;
  readonly #limits: StompSettings;
  readonly #held = new Map<string, DurableHolder>();
  /** Those that are held of which nothing was ever acknowledged. */
  readonly #unproven = new Set<string>();
  #count = Number.POSITIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;

  constructor(context: Pick<NamespaceContext, 'clock' | 'backplane' | 'onLogError'>, limits: StompSettings) {
    this.#context = context;
    this.#limits = limits;
  }

  /** Where a subscription goes on; nothing for one that is new, or that cannot be read. */
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

  /** Whether there is room for one that is new. Where there is none, some go of which nothing was ever acknowledged. */
  hasRoom(): MaybePromise<boolean> {
    const { durablesMax } = this.#limits;
    const now = this.#context.clock.now();
    // What has expired is found by counting again.
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

  /** Makes room: what another process holds is written again by its next sign of life. */
  #evict(entries: readonly (readonly [key: string, value: string])[]): void {
    const unproven = entries.filter(([key, value]) => value.endsWith(UNPROVEN) && !this.#held.has(key));
    for (const [key] of unproven.slice(0, Math.ceil(unproven.length * EVICTED_PART))) this.forget(key);
  }

  /** Somebody has subscribed. Whoever had it in this process has it no more. */
  hold(key: string, holder: DurableHolder, isNew: boolean): void {
    const before = this.#held.get(key);
    this.#held.set(key, holder);
    if (isNew) {
      this.#count += 1;
      this.#unproven.add(key);
    }
    before?.onTaken();
    // To be taken over can end the connection, and with it the new one.
    if (!this.isHeldBy(key, holder)) return;
    this.#write(key, holder.acked);
    this.#schedule();
  }

  /** Whether it is this holder's still. */
  isHeldBy(key: string, holder: DurableHolder): boolean {
    return this.#held.get(key) === holder;
  }

  /** Something was acknowledged. It is there for who comes next, also behind a crash, when the turn of the event loop is over. */
  note(key: string, holder: DurableHolder): void {
    if (!this.isHeldBy(key, holder)) return;
    this.#unproven.delete(key);
    this.#write(key, holder.acked);
  }

  /** The subscriber has gone, and may come back. */
  release(key: string, holder: DurableHolder): void {
    if (!this.isHeldBy(key, holder)) return;
    this.#held.delete(key);
    this.#unproven.delete(key);
    if (this.#held.size > 0 || this.#timer === undefined) return;
    this.#context.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The subscriber does not want it any more. */
  forget(key: string): void {
    this.#held.delete(key);
    this.#unproven.delete(key);
    this.#count -= 1;
    this.#ask(undefined, (store) => store.delete(key), ignore);
  }

  /** What nobody acknowledges anything of is still there, and what was said elsewhere is no gap for it. */
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

  /** Writes where a subscriber is, unless it is farther already: through another process, whose connection this one has not missed yet. */
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

  /** Asks the store, now or later; what fails is reported, and gives `fallback`. */
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
