/**
 * The last second of a player who went out, again and in slow motion. It is made of the snapshots that the page has, so
 * it shows what the player could see.
 */
import { TICK_MS } from '../../shared/limits.js';
import type { Beam, Other, Own, Snapshot } from '../../shared/wire/snapshot.js';
import type { Field } from '../../shared/world/field.js';
import { angleOf } from '../../shared/world/ray.js';
import { between, betweenAngles } from '../motion/geometry.js';

/** Snapshots that are shown, and how many times longer than a tick each of them is. */
const MOMENTS = 22;
const SLOWNESS = 3;
/** Ticks for which the last moment stays, so that its beam is seen. All together ends before the player comes back. */
const HOLD = 7;

/** A snapshot, and the aim that the player had then. */
interface Moment {
  readonly snapshot: Snapshot;
  readonly aim: number;
}

/** The players and beams in a frame of the replay. Aims are in radians. */
export interface Shown {
  readonly tick: number;
  readonly field: Field;
  readonly own: Own & { readonly aim: number };
  readonly others: readonly Other[];
  readonly beams: readonly Beam[];
}

/** The recorder and the player of replays. */
export class Replay {
  #moments: Moment[] = [];
  #startedAt: number | undefined;

  /** Remembers a snapshot that is newer than all before. A replay that has begun stays as it is. */
  record(snapshot: Snapshot, aim: number): void {
    if (this.#startedAt !== undefined) return;
    this.#moments.push({ snapshot, aim });
    if (this.#moments.length > MOMENTS) this.#moments.shift();
  }

  /** Begins to show what was recorded. */
  start(at: number): void {
    this.#startedAt = at;
  }

  /** Ends, and records anew. */
  stop(): void {
    if (this.#startedAt === undefined) return;
    this.#startedAt = undefined;
    this.#moments = [];
  }

  /** Returns the frame at a time. Before the replay begins and after its end, it returns undefined. */
  at(now: number): Shown | undefined {
    const [first] = this.#moments;
    if (this.#startedAt === undefined || !first) return undefined;
    const tick = first.snapshot.tick + (now - this.#startedAt) / (TICK_MS * SLOWNESS);
    const index = this.#moments.findLastIndex(({ snapshot }) => snapshot.tick <= tick);
    const from = this.#moments[index];
    if (!from || tick > from.snapshot.tick + HOLD) return undefined;
    const to = this.#moments[index + 1] ?? from;
    const part = to === from ? 0 : (tick - from.snapshot.tick) / (to.snapshot.tick - from.snapshot.tick);
    const own = ownBetween(from, to, part);
    const { field } = from.snapshot;
    return { tick, field, own, others: othersBetween(from, to, part), beams: this.#beams(tick) };
  }

  /** The beams that were fired by then. Each of them is in several snapshots. */
  #beams(tick: number): readonly Beam[] {
    const beams = new Map<string, Beam>();
    for (const { snapshot } of this.#moments) {
      for (const beam of snapshot.beams) if (beam.tick <= tick) beams.set(`${beam.tick} ${beam.id}`, beam);
    }
    return [...beams.values()];
  }
}

function ownBetween(from: Moment, to: Moment, part: number): Shown['own'] {
  const { own } = from.snapshot;
  return { ...own, ...between(own, to.snapshot.own, part), aim: betweenAngles(from.aim, to.aim, part) };
}

function othersBetween({ snapshot: from }: Moment, { snapshot: to }: Moment, part: number): readonly Other[] {
  return [...from.others.values()].map((other) => {
    const next = to.others.get(other.slot) ?? other;
    return { ...other, ...between(other, next, part), aim: betweenAngles(angleOf(other.aim), angleOf(next.aim), part) };
  });
}
