/** The last snapshots: the base of each new one, and the beams that were seen already. */
import { LIMITS } from '../../shared/limits.js';
import { type Beam, decodeSnapshot, type Snapshot } from '../../shared/wire/snapshot.js';

/**
 * Numbers of beams begin anew after this many, and when the room moves to another server. A tick has each of them once.
 */
const BEAM_IDS = 65_536;
/** Beams whose numbers are remembered. */
const BEAMS_KEPT = 512;

/** The snapshots of a place in a room. */
export class History {
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #beams = new Set<number>();
  #newest: Snapshot | undefined;

  /** The newest snapshot. */
  get newest(): Snapshot | undefined {
    return this.#newest;
  }

  /** Reads a snapshot. Returns undefined if it is too old, was read before, or its base is missing. */
  read(bytes: Uint8Array): Snapshot | undefined {
    const snapshot = decodeSnapshot(bytes, (tick) => this.#snapshots.get(tick));
    if (!snapshot || this.#snapshots.has(snapshot.tick)) return undefined;
    this.#snapshots.set(snapshot.tick, snapshot);
    if (!this.#newest || snapshot.tick > this.#newest.tick) this.#newest = snapshot;
    const oldest = this.#newest.tick - LIMITS.snapshotsKept;
    for (const tick of this.#snapshots.keys()) if (tick < oldest) this.#snapshots.delete(tick);
    return snapshot;
  }

  /** The beams of a snapshot that no earlier one had. */
  freshBeams({ beams }: Snapshot): Beam[] {
    const fresh = beams.filter((beam) => !this.#beams.has(keyOf(beam)));
    for (const beam of fresh) {
      this.#beams.add(keyOf(beam));
      const [oldest] = this.#beams;
      if (this.#beams.size > BEAMS_KEPT && oldest !== undefined) this.#beams.delete(oldest);
    }
    return fresh;
  }
}

function keyOf({ id, tick }: Beam): number {
  return tick * BEAM_IDS + id;
}
