/**
 * The list of what is on air, as the journal says. Every server has the same list, and none of it comes from the memory
 * of another one.
 */

import { LIMITS } from '../../shared/limits.js';
import type { Ending, OnAir, TapeMark } from '../../shared/protocol.js';
import type { AirEvent, OnRecord } from './journal.js';

/** A broadcast in the directory. */
export interface Entry extends OnRecord {
  /** When this server heard the newest sign of life. */
  readonly seenAt: number;
  readonly isLost: boolean;
  /** Whether this server knows that the session is over. A sign of life that it gave before may be read afterwards. */
  readonly isOver: boolean;
  /** Places on the tape, the oldest first. */
  readonly marks: readonly TapeMark[];
}

/** The consequences of reading the journal. */
export interface Change {
  /** The list that people see is another one. */
  readonly isListed: boolean;
  readonly ended: readonly { readonly id: string; readonly why: Ending; readonly at: number }[];
  /** Entries whose broadcaster came with another connection. */
  readonly taken: readonly Entry[];
  readonly kicked: readonly { readonly id: string; readonly who: string }[];
}

/** The list of what is on air. Invariant: an entry is here from its first sign of life to its end. */
export class Directory {
  readonly #entries = new Map<string, Entry>();
  /**
   * The newest sessions that have ended or were taken over. A server may give a sign of life of one before it has read
   * of that.
   */
  readonly #over = new Set<string>();

  /** Everything on air, in the order in which it began. */
  get list(): OnAir[] {
    return [...this.#entries.values()].sort((one, other) => one.since - other.since).map(onAirOf);
  }

  /** The number of broadcasts. */
  get count(): number {
    return this.#entries.size;
  }

  /** The broadcast with this id. */
  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /**
   * Applies what the journal says. `heardAt` turns the time of a sign of life in the log into one by the clock that
   * `lose` and `expired` get.
   */
  take(events: readonly AirEvent[], heardAt: (at: number) => number = (at) => at): Change {
    let isListed = false;
    const ended: { id: string; why: Ending; at: number }[] = [];
    const kicked: { id: string; who: string }[] = [];
    const taken = new Map<string, Entry>();
    for (const event of events) {
      if (event.type === 'on' && !this.#over.has(event.on.session)) {
        const before = this.#entries.get(event.on.id);
        const entry = entryOf(event.on, event.at, heardAt(event.at), before);
        this.#entries.set(entry.id, entry);
        if (before?.session !== entry.session) taken.set(entry.id, entry);
        if (before && before.session !== entry.session) this.#end(before.session);
        isListed ||= !before || before.isLost !== entry.isLost || before.qualities.length !== entry.qualities.length;
      } else if (event.type === 'about') {
        const entry = this.#entries.get(event.id);
        if (entry) this.#entries.set(event.id, { ...entry, ...event.about });
        isListed = true;
      } else if (event.type === 'away') {
        isListed = this.away(event.id, event.session) || isListed;
      } else if (event.type === 'off') {
        this.#forget(event.id);
        isListed = true;
        ended.push(event);
      } else if (event.type === 'kick') {
        const entry = this.#entries.get(event.id);
        if (!entry) continue;
        this.#entries.set(event.id, { ...entry, kicked: joined(entry.kicked, [event.who]) });
        kicked.push(event);
      }
    }
    return { isListed, ended, taken: [...taken.values()], kicked };
  }

  /** Removes a broadcast. An end may stand in the log twice, when two servers noticed it. */
  #forget(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#end(entry.session);
  }

  #end(session: string): void {
    this.#over.add(session);
    const [oldest] = this.#over.size > OVER_MAX ? this.#over : [];
    if (oldest !== undefined) this.#over.delete(oldest);
  }

  /** Marks broadcasts without a sign of life as lost. Returns whether there was one. */
  lose(now: number, silentMs: number = LIMITS.silentMs): boolean {
    const silent = [...this.#entries.values()].filter(({ seenAt, isLost }) => !isLost && now - seenAt > silentMs);
    for (const entry of silent) this.#entries.set(entry.id, { ...entry, isLost: true });
    return silent.length > 0;
  }

  /**
   * The broadcasts that have waited for their broadcaster long enough. One that is not lost yet does not wait, however
   * short the time is.
   */
  expired(now: number, graceMs: number): Entry[] {
    return [...this.#entries.values()].filter(({ seenAt, isLost }) => isLost && now - seenAt > graceMs);
  }

  /**
   * Marks the broadcast of a session as lost at once, because its server knows it. Returns whether people see a
   * difference.
   */
  away(id: string, session: string): boolean {
    const entry = this.#entries.get(id);
    if (entry?.session !== session) return false;
    this.#entries.set(id, { ...entry, isLost: true, isOver: true });
    return !entry.isLost;
  }
}

/** A broadcast as people see it. */
export function onAirOf({ id, card, kind, since, qualities, isLost, title, isDark, viewers }: Entry): OnAir {
  return { id, card, kind, since, qualities, isLost, title, isDark, viewers };
}

function entryOf(on: OnRecord, at: number, seenAt: number, before: Entry | undefined): Entry {
  const oldest = at - LIMITS.tapeMs;
  const marks = [...(before?.marks ?? []), ...(on.mark ? [on.mark] : [])].filter((mark) => mark.at > oldest);
  // A sign of life may have been written before the newest words of the broadcaster were read.
  const isSame = before !== undefined && before.session === on.session;
  const isOver = isSame && before.isOver;
  const title = before?.title ?? on.title;
  const isDark = isSame ? before.isDark : on.isDark;
  return {
    ...on,
    title,
    isDark,
    seenAt,
    isLost: isOver,
    isOver,
    kicked: joined(before?.kicked ?? [], on.kicked),
    marks,
  };
}

/** Sessions that are remembered after their end. */
const OVER_MAX = 1_000;

function joined(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].slice(-LIMITS.kicked);
}
