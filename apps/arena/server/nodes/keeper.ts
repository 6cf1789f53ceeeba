/**
 * Keeps the rooms of this server: it claims them in the journal, renews the claims, and takes over rooms whose server
 * is gone.
 */
import { randomInt } from 'node:crypto';
import { LIMITS, TICK_MS } from '../../shared/limits.js';
import type { Host } from '../rooms/host.js';
import { Directory, type Entry, humansIn } from './directory.js';
import type { Journal } from './journal.js';

/** A room of this server. */
interface Held {
  readonly term: number;
  /** The number of the last record that was written, and when. */
  beat: number;
  renewedAt: number;
  humans: number;
}

/** The rooms of all servers, from the view of one. */
export class Keeper {
  readonly directory = new Directory();
  readonly #node: string;
  readonly #journal: Journal;
  readonly #host: Host;
  readonly #now: () => number;
  /** The terms of the rooms of this server, and when their claims were last written. */
  readonly #terms = new Map<string, Held>();
  /** The rooms that this server has claimed, and when the record before the claim was read. */
  readonly #claimed = new Map<string, number>();
  #hasRead = false;

  constructor(node: string, journal: Journal, host: Host, now: () => number) {
    this.#node = node;
    this.#journal = journal;
    this.#host = host;
    this.#now = now;
  }

  /** The server that owns a room, or undefined if the room has none at the moment. */
  ownerOf(code: string): string | undefined {
    return this.directory.alive(code, this.#now())?.node;
  }

  /** Whether a room is known, with or without an owner. */
  has(code: string): boolean {
    return this.directory.entries.has(code);
  }

  /** Reads what happened on all servers. */
  async readOn(): Promise<void> {
    const isStart = !this.#hasRead;
    this.#hasRead = true;
    this.directory.take(await this.#journal.readOn(), this.#now(), isStart);
    for (const [code, { term }] of this.#terms) {
      if (this.directory.isHeld(code, this.#node, term)) continue;
      // This server was so late that another one took the room, or the log has forgotten it.
      this.#terms.delete(code);
      this.#host.drop(code);
    }
  }

  /** Opens a new room, unless another server has just opened one with the same code. */
  async open(code: string): Promise<void> {
    if (this.has(code) || this.#terms.has(code)) return;
    const room = this.#host.make({ code, seed: randomInt(2 ** 31) });
    const now = this.#now();
    this.#claimed.set(code, now);
    this.#journal.own({ code, node: this.#node, term: 1, beat: 1, at: now, state: room.save() });
    await this.readOn();
    this.#adopt();
  }

  /** Does what is due: renews, closes and takes over rooms. */
  async tick(): Promise<void> {
    await this.readOn();
    this.#adopt();
    const now = this.#now();
    for (const [code, room] of this.#host.rooms) {
      const held = this.#terms.get(code);
      if (!held) continue;
      const { term } = held;
      if (room.isDone) {
        this.#journal.end({ code, node: this.#node, term });
        this.#terms.delete(code);
        this.#host.drop(code);
      } else if (Math.abs(now - held.renewedAt) >= LIMITS.leaseRenewMs || held.humans !== room.slots.humans) {
        held.renewedAt = now;
        held.humans = room.slots.humans;
        this.#journal.own({ code, node: this.#node, term, beat: ++held.beat, at: now, state: room.save() });
      }
    }
    const ended = this.directory.ended(now);
    for (const entry of ended) this.#claim(entry, now);
    if (ended.length === 0) return;
    await this.readOn();
    this.#adopt();
  }

  /** Gives all rooms up at once, so that other servers need not wait for the end of a lease. */
  release(): void {
    for (const [code, { term, beat }] of this.#terms) {
      const room = this.#host.rooms.get(code);
      const own = { code, node: this.#node, term, beat: beat + 1, at: this.#now() };
      if (room) this.#journal.own({ ...own, isReleased: true, state: room.save() });
      this.#host.drop(code);
    }
    this.#terms.clear();
  }

  /** Claims a room whose lease has ended. Of several servers, the first in the log has it. */
  #claim({ code, term, beat, state, isOld, readAt }: Entry, now: number): void {
    // A room of this server whose claims do not reach the log goes on here until somebody else has it.
    if (this.#terms.has(code)) return;
    if (humansIn(state) === 0 || isOld) {
      this.directory.forget(code);
      return;
    }
    this.#claimed.set(code, readAt);
    this.#journal.own({ code, node: this.#node, term: term + 1, beat, at: now, state });
  }

  /** Runs the rooms whose claims stand in the log. A claim may be read only some time after it was written. */
  #adopt(): void {
    const now = this.#now();
    for (const [code, { node, term, beat, state }] of this.directory.entries) {
      const before = this.#claimed.get(code);
      if (before === undefined || node !== this.#node || this.#terms.has(code)) continue;
      this.#claimed.delete(code);
      // Pages have seen later ticks than the state has, and ticks must rise.
      const ahead = Math.ceil((LIMITS.leaseRenewMs + Math.abs(now - before)) / TICK_MS);
      const room = this.#host.make({ code, seed: randomInt(2 ** 31), state, ahead });
      this.#terms.set(code, { term, beat, renewedAt: now, humans: humansIn(state) });
      this.#host.add(room);
      room.announce();
    }
  }
}
