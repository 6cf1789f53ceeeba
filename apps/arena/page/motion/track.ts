/** Remembers where the other players were, and finds where they are at the moment that the page shows. */
import { between, betweenAngles, distance, type Place } from './geometry.js';

/** Another player in a snapshot. */
export interface Seen extends Place {
  readonly slot: number;
  /** The direction of the lamp, in radians. */
  readonly aim: number;
}

/** The others at a tick. */
interface Moment<Other extends Seen> {
  readonly tick: number;
  readonly others: ReadonlyMap<number, Other>;
}

/** Moments that are kept: about a second. */
const MOMENTS = 32;
/** Ticks by which a movement is continued when the next snapshot is late. */
const AHEAD_MAX = 3;

/** The movements of the others. */
export class Track<Other extends Seen> {
  /** In order of their ticks. */
  readonly #moments: Moment<Other>[] = [];
  readonly #jump: number;

  /** Movements of more than `jump` units in a tick are not shown as movement, because nobody can walk that far. */
  constructor(jump: number) {
    this.#jump = jump;
  }

  /** Adds the others of a snapshot. Snapshots may come in any order. */
  add(tick: number, others: Iterable<Other>): void {
    const index = this.#moments.findIndex((moment) => moment.tick >= tick);
    if (this.#moments[index]?.tick === tick) return;
    const moment = { tick, others: new Map([...others].map((other) => [other.slot, other])) };
    this.#moments.splice(index < 0 ? this.#moments.length : index, 0, moment);
    if (this.#moments.length > MOMENTS) this.#moments.shift();
  }

  /** The others at a tick, which may have a fraction. */
  at(tick: number): Other[] {
    const next = this.#moments.findIndex((moment) => moment.tick > tick);
    if (next === 0) return [];
    const before = this.#moments.at(next < 0 ? -1 : next - 1);
    if (!before) return [];
    const after = next < 0 ? undefined : this.#moments[next];
    return [...before.others.values()].flatMap((other) => {
      if (!after) return this.#ahead(other, before.tick, tick);
      const then = after.others.get(other.slot);
      // A player who is gone in the next snapshot stays until then, without moving.
      if (!then) return [other];
      const part = (tick - before.tick) / (after.tick - before.tick);
      return [this.#between(other, then, part, after.tick - before.tick)];
    });
  }

  /** Forgets everything. */
  reset(): void {
    this.#moments.length = 0;
  }

  #between(other: Other, then: Other, part: number, ticks: number): Other {
    if (distance(other, then) > this.#jump * ticks) return part < 1 ? other : then;
    return { ...other, ...between(other, then, part), aim: betweenAngles(other.aim, then.aim, part) };
  }

  /** Continues the last movement for a moment, because the next snapshot is late. */
  #ahead(other: Other, since: number, tick: number): Other[] {
    const earlier = this.#moments.at(-2);
    const from = earlier?.others.get(other.slot);
    if (!earlier || !from || tick - since > AHEAD_MAX * 4) return [other];
    const ticks = since - earlier.tick;
    if (distance(from, other) > this.#jump * ticks) return [other];
    const part = 1 + Math.min(tick - since, AHEAD_MAX) / ticks;
    return [{ ...other, ...between(from, other, part) }];
  }
}
