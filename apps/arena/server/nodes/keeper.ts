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
    const own = { code, node: this.#node, term: 1, beat: 1, at: this.#now(), state: room.save() };
    this.#journal.own(own);
    await this.readOn();
    if (!this.directory.isHeld(code, this.#node, 1) || this.#terms.has(code)) return;
    this.#terms.set(code, { term: 1, beat: 1, renewedAt: own.at, humans: 0 });
    this.#host.add(room);
  }

  /** Does what is due: renews, closes and takes over rooms. */
  async tick(): Promise<void> {
    await this.readOn();
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
    for (const entry of this.directory.ended(now)) await this.#inherit(entry, now);
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

  /** Takes over a room whose lease has ended. Of several servers, the first in the log has it. */
  async #inherit(entry: Entry, now: number): Promise<void> {
    const { code, state, beat } = entry;
    // A room of this server whose claims do not reach the log goes on here until somebody else has it.
    if (this.#terms.has(code)) return;
    if (humansIn(state) === 0 || entry.isOld) {
      this.directory.forget(code);
      return;
    }
    const term = entry.term + 1;
    this.#journal.own({ code, node: this.#node, term, beat, at: now, state });
    await this.readOn();
    if (!this.directory.isHeld(code, this.#node, term)) return;
    // Pages have seen later ticks than the state has, and ticks must rise.
    const ahead = Math.ceil((LIMITS.leaseRenewMs + Math.abs(now - entry.readAt)) / TICK_MS);
    const room = this.#host.make({ code, seed: randomInt(2 ** 31), state, ahead });
    this.#terms.set(code, { term, beat, renewedAt: now, humans: humansIn(state) });
    this.#host.add(room);
    room.announce();
  }
}
