/**
 * A snapshot: what one player may know at one tick. It is written as differences from an earlier snapshot, the base,
 * which the page has acknowledged. All integers are big-endian. Positions of others are in quarters of a unit.
 *
 * These are the fields with their bytes.
 *
 * ```text
 * 4, 1: the tick, and how many ticks before it the base is, or 0 without a base
 * 1: the field of the round
 * 4, 1: the sequence number of the last input that was taken, and the number of inputs that wait
 * 2, 2: the own position, in sixteenths of a unit
 * 1, 1, 1, 2: status, ticks until the next shot, ticks until the return, points
 * 1: the count of changes, in rising order of their slots
 * 1 to 8 each: the changes: kind (2 bits) and slot (6 bits), and the fields of that kind
 * 1: the count of beams
 * 13 each: the beams: id 2, age in ticks 1, shooter 1, x 2, y 2, aim 2, length 2, hit 1
 * ```
 *
 * A change has one of four kinds:
 *
 * ```text
 * 0: gone
 * 1: moved (x 1, y 1, signed)
 * 2: moved and turned (x 1, y 1, aim 1)
 * 3: flags 1, and the fields of each flag
 * ```
 *
 * The flags are: 1 for a position (x 2, y 2), 2 for moved (x 1, y 1, signed), 4 for aim 1, and 8 for status 1.
 *
 * A status is the lights (2 bits), the state (2 bits), and the streak (3 bits).
 */
import { LIMITS } from '../limits.js';
import type { Field } from '../world/field.js';
import { FIELDS } from '../world/map.js';
import { UNIT_PARTS } from '../world/step.js';

/** The states of a player: in play, out for a while, just entered and safe, and without a connection. */
export const STATES = ['in', 'out', 'fresh', 'away'] as const;

/** The state of a player. */
export type State = (typeof STATES)[number];

/** The own player. */
export interface Own {
  readonly x: number;
  readonly y: number;
  readonly lights: number;
  readonly state: State;
  /** Ticks until the next shot. */
  readonly cooldown: number;
  /** Ticks until the player comes back, or until a fresh player can be hit. */
  readonly ticksLeft: number;
  readonly points: number;
  readonly streak: number;
}

/** Another player. */
export interface Other {
  readonly slot: number;
  readonly x: number;
  readonly y: number;
  /** In 65,536 parts of a turn, in steps of 256. */
  readonly aim: number;
  readonly lights: number;
  readonly state: State;
  /** The number of players that this one has put out since the last time that it was out itself. */
  readonly streak: number;
}

/** A beam of light. */
export interface Beam {
  /** Counts the beams of a room, from 0 to 65,535 and on from 0. A beam comes in several snapshots. */
  readonly id: number;
  /** The tick of the shot. */
  readonly tick: number;
  /** The slot of the shooter, if the shooter can be seen or is the own player. */
  readonly by?: number | undefined;
  /** The place where it begins to be seen. */
  readonly x: number;
  readonly y: number;
  readonly aim: number;
  readonly length: number;
  /** The slot of the player that was hit, and whether that player is out. */
  readonly hit?: number | undefined;
  readonly isOut: boolean;
}

/** The knowledge of a page about one tick. */
export interface Snapshot {
  readonly tick: number;
  readonly field: Field;
  /** The sequence number of the last input that the server has taken. */
  readonly seq: number;
  /** Inputs that wait in the server. A page that is ahead of the server sees this number grow. */
  readonly waiting: number;
  readonly own: Own;
  /** The others that can be seen, by slot. */
  readonly others: ReadonlyMap<number, Other>;
  readonly beams: readonly Beam[];
}

/**
 * Reads a snapshot. `baseAt` finds an earlier one by its tick. Returns undefined if the base is missing or any byte is
 * wrong.
 */
export function decodeSnapshot(
  bytes: Uint8Array,
  baseAt: (tick: number) => Snapshot | undefined,
): Snapshot | undefined {
  if (bytes.length < OWN_SIZE + 2) return undefined;
  const reader = new Reader(bytes);
  const tick = reader.u32();
  const back = reader.u8();
  const base = back === 0 ? undefined : baseAt(tick - back);
  if (back !== 0 && !base) return undefined;
  const field = FIELDS[reader.u8()];
  const seq = reader.u32();
  const waiting = reader.u8();
  const own = readOwn(reader);
  const others = readOthers(reader, base);
  const beams = others && readBeams(reader, tick);
  return field && beams && reader.isAtEnd ? { tick, field, seq, waiting, own, others, beams } : undefined;
}

/** A status in one byte. */
export function statusOf(lights: number, state: State, streak = 0): number {
  return lights | (STATES.indexOf(state) << 2) | (Math.min(streak, LIMITS.streakMax) << 4);
}

/** Reads a status. */
export function readStatus(status: number): Pick<Other, 'lights' | 'state' | 'streak'> {
  return { lights: status & 3, state: STATES[(status >> 2) & 3] ?? 'in', streak: (status >> 4) & 7 };
}

/** The bytes before the count of changes. */
export const OWN_SIZE = 20;
/** The bytes of a beam. */
export const BEAM_SIZE = 13;
/** Parts of a unit in the positions of others and of beams. */
export const OTHER_PARTS = 4;
/** In the place of a slot: nobody. */
export const NOBODY = 255;
/** In the byte of a hit: the player is out. */
export const OUT_BIT = 64;
/** The kinds of a change. */
export const KIND = { gone: 0, moved: 1, turned: 2, other: 3 } as const;
/** The flags of the kind `other`. */
export const FLAG = { position: 1, moved: 2, aim: 4, status: 8 } as const;

/** Reads integers one after the other. It remembers if there were too few bytes, and returns 0 then. */
class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  u8(): number {
    return this.#has(1) ? this.#view.getUint8(this.#at - 1) : 0;
  }

  i8(): number {
    return this.#has(1) ? this.#view.getInt8(this.#at - 1) : 0;
  }

  u16(): number {
    return this.#has(2) ? this.#view.getUint16(this.#at - 2) : 0;
  }

  u32(): number {
    return this.#has(4) ? this.#view.getUint32(this.#at - 4) : 0;
  }

  #has(size: number): boolean {
    // Beyond the end it counts on, so `isAtEnd` stays false.
    this.#at += size;
    return this.#at <= this.#view.byteLength;
  }
}

function readOwn(reader: Reader): Own {
  const [x, y] = [reader.u16() / UNIT_PARTS, reader.u16() / UNIT_PARTS];
  const status = readStatus(reader.u8());
  return { x, y, ...status, cooldown: reader.u8(), ticksLeft: reader.u8(), points: reader.u16() };
}

function readOthers(reader: Reader, base: Snapshot | undefined): ReadonlyMap<number, Other> | undefined {
  const others = new Map(base?.others);
  const count = reader.u8();
  let last = -1;
  for (let index = 0; index < count; index++) {
    const head = reader.u8();
    const slot = head & 63;
    if (slot <= last || slot >= LIMITS.players) return undefined;
    last = slot;
    const known = others.get(slot);
    const kind = head >> 6;
    if (kind === KIND.gone) {
      if (!others.delete(slot)) return undefined;
      continue;
    }
    const next = readChange(reader, kind, slot, known);
    if (!next) return undefined;
    others.set(slot, next);
  }
  return others;
}

function readChange(reader: Reader, kind: number, slot: number, known: Other | undefined): Other | undefined {
  const flags = kind === KIND.moved ? FLAG.moved : kind === KIND.turned ? FLAG.moved | FLAG.aim : reader.u8();
  // Somebody new has everything.
  const isWhole = flags === (FLAG.position | FLAG.aim | FLAG.status);
  if (flags === 0 || flags > 15 || (!known && !isWhole)) return undefined;
  let { x, y, aim, lights, state, streak } = known ?? UNKNOWN;
  if (flags & FLAG.position) {
    if (flags & FLAG.moved) return undefined;
    x = reader.u16() / OTHER_PARTS;
    y = reader.u16() / OTHER_PARTS;
  } else if (flags & FLAG.moved) {
    x += reader.i8() / OTHER_PARTS;
    y += reader.i8() / OTHER_PARTS;
  }
  if (flags & FLAG.aim) aim = reader.u8() << 8;
  if (flags & FLAG.status) ({ lights, state, streak } = readStatus(reader.u8()));
  return { slot, x, y, aim, lights, state, streak };
}

const UNKNOWN = { x: 0, y: 0, aim: 0, lights: 0, state: 'in', streak: 0 } as const;

function readBeams(reader: Reader, tick: number): Beam[] | undefined {
  const count = reader.u8();
  if (count > LIMITS.beamsPerSnapshot) return undefined;
  const beams: Beam[] = [];
  for (let index = 0; index < count && !reader.isAtEnd; index++) {
    const id = reader.u16();
    const shotAt = tick - reader.u8();
    const by = reader.u8();
    const [x, y] = [reader.u16() / OTHER_PARTS, reader.u16() / OTHER_PARTS];
    const [aim, length] = [reader.u16(), reader.u16() / OTHER_PARTS];
    const hit = reader.u8();
    beams.push({
      id,
      tick: shotAt,
      by: by === NOBODY ? undefined : by,
      x,
      y,
      aim,
      length,
      hit: hit === NOBODY ? undefined : hit & 63,
      isOut: hit !== NOBODY && (hit & OUT_BIT) !== 0,
    });
  }
  return beams.length === count ? beams : undefined;
}
