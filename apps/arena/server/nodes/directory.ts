/** The directory of all rooms: the sum of what the journal says. All servers that have read as far have the same. */
import { LIMITS } from '../../shared/limits.js';
import type { RoomState } from '../rooms/state.js';
import type { OwnRecord, RoomEvent } from './journal.js';

/** A room, as the newest valid record has it. */
export interface Entry extends OwnRecord {
  /** The time of the own clock when the record was read. Clocks of different servers are not compared. */
  readonly readAt: number;
  /** Whether it was found at the start, and is from long ago: nobody waits for that room any more. */
  readonly isOld: boolean;
}

/** The rooms of all servers. */
export class Directory {
  readonly #entries = new Map<string, Entry>();

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /**
   * Takes events in the order of the log, at a time of the own clock. `isStart` is for those that the log had at the
   * start.
   */
  take(events: readonly RoomEvent[], now: number, isStart = false): void {
    for (const event of events) {
      if (event.type === 'own') this.#own(event.own, now, isStart);
      else if (this.isHeld(event.end.code, event.end.node, event.end.term)) this.#entries.delete(event.end.code);
    }
  }

  /** Whether a server has a room in a term, as far as the journal was read. */
  isHeld(code: string, node: string, term: number): boolean {
    const entry = this.#entries.get(code);
    return entry?.node === node && entry.term === term;
  }

  /** The room with this code, if its lease runs. */
  alive(code: string, now: number): Entry | undefined {
    const entry = this.#entries.get(code);
    return entry && isAlive(entry, now) ? entry : undefined;
  }

  /** The rooms whose lease has ended. */
  ended(now: number): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => !isAlive(entry, now));
  }

  /** Ends the leases of a server that is gone. A record that it writes nevertheless makes its lease run again. */
  release(node: string): void {
    for (const [code, entry] of this.#entries) {
      if (entry.node === node) this.#entries.set(code, { ...entry, isReleased: true });
    }
  }

  /** Forgets a room whose lease has ended, and in which nobody was. */
  forget(code: string): void {
    this.#entries.delete(code);
  }

  /**
   * The owner goes on, or another server takes the room. That server waited for the end of the lease by its own clock.
   * Its claim is void if the owner has written meanwhile, or if another claim stands before it in the log. So all
   * servers agree, whatever their clocks say.
   */
  #own(record: OwnRecord, now: number, isStart: boolean): void {
    const entry = this.#entries.get(record.code);
    const isRenewed = entry?.node === record.node && entry.term === record.term;
    const isTaken = !entry || (record.term === entry.term + 1 && record.beat === entry.beat);
    if (!isRenewed && !isTaken) return;
    const isOld = isStart && Math.abs(now - record.at) > LIMITS.journalMs;
    this.#entries.set(record.code, { ...record, readAt: now, isOld });
  }
}

/** The count of people in a state. */
export function humansIn({ players }: RoomState): number {
  return players.filter(({ key }) => key !== '').length;
}

function isAlive({ readAt, isReleased }: Entry, now: number): boolean {
  // A clock that was set back must not hold a room for ever, so the future counts like the past.
  return isReleased !== true && Math.abs(now - readAt) <= LIMITS.leaseMs;
}
