/**
 * Writes snapshots, as `snapshot.ts` describes them. The server has one writer, because all players of a room share the
 * frames.
 */
import { LIMITS } from '../limits.js';
import type { Field } from '../world/field.js';
import { FIELDS } from '../world/map.js';
import { UNIT_PARTS } from '../world/step.js';
import { type Beam, FLAG, KIND, NOBODY, OTHER_PARTS, OUT_BIT, type Own, statusOf } from './snapshot.js';

/** Everybody at one tick, by slot, as others see them. */
export class Frame {
  readonly x = new Uint16Array(LIMITS.players);
  readonly y = new Uint16Array(LIMITS.players);
  readonly aim = new Uint8Array(LIMITS.players);
  readonly status = new Uint8Array(LIMITS.players);
  tick = 0;

  /** Sets one player. The position is in units, and the aim is that of an input. */
  set(slot: number, x: number, y: number, aim: number, status: number): void {
    this.x[slot] = Math.round(x * OTHER_PARTS);
    this.y[slot] = Math.round(y * OTHER_PARTS);
    // Rounded to the nearest step, and on from 0 after a whole turn.
    this.aim[slot] = (aim + 128) >> 8;
    this.status[slot] = status;
  }
}

/** The view of one player at one tick: 1 for each slot that was seen. */
export type Seen = Uint8Array;

/** The part of a snapshot that is of one player alone. */
export interface Head {
  readonly field: Field;
  readonly seq: number;
  readonly waiting: number;
  readonly own: Own;
}

/** A frame, and what the player saw of it. */
export interface View {
  readonly frame: Frame;
  readonly seen: Seen;
}

/** Writes snapshots into a buffer of its own. */
export class SnapshotWriter {
  readonly #bytes = new Uint8Array(SIZE_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /**
   * Returns the bytes of a snapshot. They are a copy. Of the beams, the first `LIMITS.beamsPerSnapshot` are written.
   */
  write(head: Head, now: View, base: View | undefined, beams: readonly Beam[]): Uint8Array {
    const { tick } = now.frame;
    this.#at = 0;
    this.#u32(tick);
    this.#u8(base ? tick - base.frame.tick : 0);
    this.#u8(FIELDS.indexOf(head.field));
    this.#u32(head.seq);
    this.#u8(Math.min(255, head.waiting));
    this.#own(head.own);
    this.#changes(now, base);
    const count = Math.min(beams.length, LIMITS.beamsPerSnapshot);
    this.#u8(count);
    for (let index = 0; index < count; index++) {
      const beam = beams[index];
      if (beam) this.#beam(beam, tick);
    }
    return this.#bytes.slice(0, this.#at);
  }

  #own({ x, y, lights, state, cooldown, ticksLeft, points, streak }: Own): void {
    this.#u16(x * UNIT_PARTS);
    this.#u16(y * UNIT_PARTS);
    this.#u8(statusOf(lights, state, streak));
    this.#u8(cooldown);
    this.#u8(ticksLeft);
    this.#u16(points);
  }

  #changes({ frame, seen }: View, base: View | undefined): void {
    const countAt = this.#at++;
    let count = 0;
    for (let slot = 0; slot < LIMITS.players; slot++) {
      const wasSeen = base !== undefined && base.seen[slot] === 1;
      if (seen[slot] === 1) {
        if (!wasSeen) this.#whole(slot, frame);
        else if (!this.#change(slot, frame, base.frame)) continue;
      } else {
        if (!wasSeen) continue;
        this.#kind(KIND.gone, slot);
      }
      count++;
    }
    this.#bytes[countAt] = count;
  }

  #whole(slot: number, { x, y, aim, status }: Frame): void {
    this.#kind(KIND.other, slot);
    this.#u8(FLAG.position | FLAG.aim | FLAG.status);
    this.#u16(x[slot] ?? 0);
    this.#u16(y[slot] ?? 0);
    this.#u8(aim[slot] ?? 0);
    this.#u8(status[slot] ?? 0);
  }

  /** Writes the difference of one player. Returns whether the player has changed. */
  #change(slot: number, now: Frame, base: Frame): boolean {
    const dx = (now.x[slot] ?? 0) - (base.x[slot] ?? 0);
    const dy = (now.y[slot] ?? 0) - (base.y[slot] ?? 0);
    const hasMoved = dx !== 0 || dy !== 0;
    const hasTurned = now.aim[slot] !== base.aim[slot];
    const isOther = now.status[slot] !== base.status[slot];
    if (!hasMoved && !hasTurned && !isOther) return false;
    const isNear = dx >= -128 && dx <= 127 && dy >= -128 && dy <= 127;
    if (hasMoved && isNear && !isOther) {
      this.#kind(hasTurned ? KIND.turned : KIND.moved, slot);
      this.#u8(dx & 255);
      this.#u8(dy & 255);
      if (hasTurned) this.#u8(now.aim[slot] ?? 0);
      return true;
    }
    const place = !hasMoved ? 0 : isNear ? FLAG.moved : FLAG.position;
    this.#kind(KIND.other, slot);
    this.#u8(place | (hasTurned ? FLAG.aim : 0) | (isOther ? FLAG.status : 0));
    if (place === FLAG.moved) {
      this.#u8(dx & 255);
      this.#u8(dy & 255);
    } else if (place === FLAG.position) {
      this.#u16(now.x[slot] ?? 0);
      this.#u16(now.y[slot] ?? 0);
    }
    if (hasTurned) this.#u8(now.aim[slot] ?? 0);
    if (isOther) this.#u8(now.status[slot] ?? 0);
    return true;
  }

  #beam({ id, tick, by, x, y, aim, length, hit, isOut }: Beam, now: number): void {
    this.#u16(id);
    this.#u8(now - tick);
    this.#u8(by ?? NOBODY);
    this.#u16(Math.max(0, Math.round(x * OTHER_PARTS)));
    this.#u16(Math.max(0, Math.round(y * OTHER_PARTS)));
    this.#u16(aim);
    this.#u16(Math.round(length * OTHER_PARTS));
    this.#u8(hit === undefined ? NOBODY : hit | (isOut ? OUT_BIT : 0));
  }

  #kind(kind: number, slot: number): void {
    this.#u8((kind << 6) | slot);
  }

  #u8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }
}

/** The largest snapshot: everybody in full, and all beams. */
const SIZE_MAX = 20 + 1 + LIMITS.players * 8 + 1 + LIMITS.beamsPerSnapshot * 13;
