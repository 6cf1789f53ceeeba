/** The last frames of a room: the bases of snapshots, and the positions by which shots are judged. */
import { LIMITS, TICK_HZ } from '../../shared/limits.js';
import { VIEW_PARTS } from '../../shared/wire/input.js';
import { OTHER_PARTS, STATES } from '../../shared/wire/snapshot.js';
import { Frame } from '../../shared/wire/snapshot-writer.js';
import type { Point } from '../../shared/world/field.js';

/** A ring of frames. */
export class Past {
  readonly #frames: readonly Frame[] = Array.from({ length: LIMITS.snapshotsKept }, () => new Frame());

  /** The frame of a new tick, to be filled. It replaces the one that is longest ago. */
  begin(tick: number): Frame {
    const frame = this.#frames[tick % LIMITS.snapshotsKept] ?? new Frame();
    frame.tick = tick;
    frame.status.fill(ABSENT);
    return frame;
  }

  /** Forgets where a player was, because somebody else may get the slot. */
  forget(slot: number): void {
    for (const { status } of this.#frames) status[slot] = ABSENT;
  }

  /** The frame of a tick, if it is still known. */
  at(tick: number): Frame | undefined {
    const frame = this.#frames[tick % LIMITS.snapshotsKept];
    return frame && tick > 0 && frame.tick === tick ? frame : undefined;
  }

  /** The place of a player at a time in sixteenths of a tick, if the player was in play. */
  place(slot: number, view: number): Point | undefined {
    const tick = Math.floor(view / VIEW_PARTS);
    const from = placeIn(this.at(tick), slot);
    const part = (view % VIEW_PARTS) / VIEW_PARTS;
    if (!from || part === 0) return from;
    const to = placeIn(this.at(tick + 1), slot);
    return to && { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  }
}

/** The time by which a shot is judged: what the shooter saw, but not the future, and not long ago. */
export function boundedView(view: number, tick: number): number {
  const now = tick * VIEW_PARTS;
  return Math.min(now, Math.max(now - REWIND, view));
}

function placeIn(frame: Frame | undefined, slot: number): Point | undefined {
  if (!frame) return undefined;
  const status = frame.status[slot] ?? ABSENT;
  if (status === ABSENT || STATES[(status >> 2) & 3] !== 'in') return undefined;
  return { x: (frame.x[slot] ?? 0) / OTHER_PARTS, y: (frame.y[slot] ?? 0) / OTHER_PARTS };
}

const ABSENT = 255;
const REWIND = Math.min((LIMITS.rewindMs / 1_000) * TICK_HZ, LIMITS.rewindTicks) * VIEW_PARTS;
