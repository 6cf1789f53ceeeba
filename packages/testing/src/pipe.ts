/** One direction of a link, in which bytes travel in pieces with a time of arrival, and the options of links. */

import type { Timer } from 'naru/base';
import { assert, bytes, count, type OptionsOf, options, type SettingsOf, value } from 'naru/base';
import type { FakeClock } from './fake-clock.js';
import type { SeededRandom } from './seeded-random.js';

/** A range, both ends included. */
export type Range = readonly [least: number, most: number];

/** A range as an option. */
export const range = <Initial extends Range | undefined>(initial: Initial) =>
  value<Range, Initial>('a list of two whole numbers from 0, the lesser first', isRange, initial);

/** The table of the options of links. */
export const linkTable = options('', {
  /**
   * Most random places at which a write is cut. Pieces that are due together may be joined again.
   * @default 3 (whole number from 0 to 1000)
   */
  splitsMax: count(3, { min: 0, max: 1_000 }),
  /**
   * Milliseconds that a piece travels. A stream stays in order; different connections may overtake each other.
   * @default [0, 0] (list of two whole numbers from 0, the lesser first)
   */
  delayMs: range<Range>([0, 0]),
  /** Bytes that may be in flight in one direction. Beyond that, writes wait. @default 65536 */
  windowBytes: bytes(65_536),
  /** Bytes in both directions after which a connection is cut. @default never */
  cutAfterBytes: range(undefined),
});

/** Options of links. The defaults are a perfect network that still cuts writes into pieces. */
export interface LinkOptions extends OptionsOf<typeof linkTable> {}

/** Options with their defaults in place. */
export interface LinkSettings extends SettingsOf<typeof linkTable> {}

/** The receiving end of a pipe. */
export interface PipeTarget {
  /** Takes bytes. Returns `false` if no more should arrive until the pipe's `resume` is called. */
  receive(bytes: Buffer): boolean;
  /** Called when the other side has ended its stream. */
  receiveEnd(): void;
}

/** Called when the pipe has room for more, or with the error that broke it. */
export type Confirm = (error?: Error | null) => void;

interface Piece {
  /** The bytes, or `undefined` for the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly at: number;
}

/**
 * Carries bytes in one direction. They arrive whole and in order, or stop at some place when the link is cut.
 * Invariant: at most `windowBytes` and one write are in flight. A write is confirmed when the bytes in flight fit the
 * window again.
 */
export class Pipe {
  readonly #clock: FakeClock;
  readonly #random: SeededRandom;
  readonly #settings: LinkSettings;
  readonly #target: PipeTarget;
  readonly #pieces: Piece[] = [];
  #bytesInFlight = 0;
  #bytesCarried = 0;
  #lastAt = 0;
  #confirm: Confirm | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #isDeferred = false;
  #isHeld = false;
  #isFull = false;
  #hasEnd = false;
  #isOver = false;
  #refusal: Error | undefined = undefined;

  constructor(clock: FakeClock, random: SeededRandom, settings: LinkSettings, target: PipeTarget) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#target = target;
  }

  /** Bytes that were written and have not arrived yet. */
  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** Bytes that have arrived. */
  get bytesCarried(): number {
    return this.#bytesCarried;
  }

  /** Sends bytes in pieces. `confirm` is called when the pipe has room for more. Do not write again before that. */
  write(bytes: Buffer, confirm: Confirm): void {
    assert(this.#confirm === undefined, 'a pipe got a write before it had confirmed the previous one');
    this.#clock.touch();
    if (this.#refusal) confirm(this.#refusal);
    if (this.#isOver) return;
    let start = 0;
    for (const end of cutsOf(bytes.byteLength, this.#settings.splitsMax, this.#random)) {
      // A copy, because the writer may reuse the memory after the write is confirmed.
      this.#add(Buffer.from(bytes.subarray(start, end)));
      start = end;
    }
    this.#bytesInFlight += bytes.byteLength;
    if (this.#bytesInFlight <= this.#settings.windowBytes) confirm();
    else this.#confirm = confirm;
    this.#schedule();
  }

  /** Sends the end of the stream after all bytes. A second call does nothing. */
  end(): void {
    this.#clock.touch();
    if (this.#isOver || this.#hasEnd) return;
    this.#hasEnd = true;
    this.#add(undefined);
    this.#schedule();
  }

  /** Continues after the target's `receive` has returned `false`. */
  resume(): void {
    this.#isFull = false;
    this.#schedule();
  }

  /** Holds back all bytes until `release`, so that the sender seems silent. */
  hold(): void {
    this.#isHeld = true;
    this.#unschedule();
  }

  /** Ends `hold`. The bytes that were held back arrive now. */
  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** Loses the bytes in flight, and all that are sent later. */
  cut(): void {
    this.#isOver = true;
    this.#pieces.length = 0;
    this.#bytesInFlight = 0;
    this.#confirm = undefined;
    this.#unschedule();
  }

  /** Loses the bytes in flight, and makes writes fail with `error`, because the other end is closed. */
  refuse(error: Error): void {
    const confirm = this.#confirm;
    this.cut();
    this.#refusal = error;
    confirm?.(error);
  }

  #add(bytes: Buffer | undefined): void {
    const [least, most] = this.#settings.delayMs;
    const delay = most === 0 ? 0 : this.#random.integer(least, most);
    // A piece never arrives before the previous one of its stream.
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now() + delay);
    this.#pieces.push({ bytes, at: this.#lastAt });
  }

  #schedule(): void {
    const first = this.#pieces[0];
    if (!first || this.#isHeld || this.#isFull || this.#isDeferred || this.#timer !== undefined) return;
    const delay = first.at - this.#clock.now();
    if (delay > 0) {
      this.#timer = this.#clock.setTimeout((pipe: Pipe) => pipe.#arrive(), delay, this);
    } else {
      this.#isDeferred = true;
      this.#clock.defer((pipe: Pipe) => pipe.#arrive(), this);
    }
  }

  #unschedule(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Delivers the first piece. */
  #arrive(): void {
    this.#timer = undefined;
    this.#isDeferred = false;
    if (this.#isOver || this.#isHeld || this.#isFull) return;
    const first = this.#pieces.shift();
    if (!first) return;
    if (first.bytes === undefined) {
      this.#target.receiveEnd();
      return;
    }
    const bytes = this.#joinDue(first.bytes);
    this.#bytesInFlight -= bytes.byteLength;
    this.#bytesCarried += bytes.byteLength;
    this.#isFull = !this.#target.receive(bytes);
    if (this.#confirm && this.#bytesInFlight <= this.#settings.windowBytes) {
      const confirm = this.#confirm;
      this.#confirm = undefined;
      confirm();
    }
    this.#schedule();
  }

  /** Joins pieces that are due together by chance, as happens on a real stream. */
  #joinDue(bytes: Buffer): Buffer {
    const parts = [bytes];
    const now = this.#clock.now();
    for (let next = this.#pieces[0]; next?.bytes && next.at <= now; next = this.#pieces[0]) {
      if (this.#settings.splitsMax > 0 && !this.#random.chance(0.5)) break;
      parts.push(next.bytes);
      this.#pieces.shift();
    }
    return parts.length === 1 ? bytes : Buffer.concat(parts);
  }
}

/** Cuts `size` bytes into random pieces. Returns the end of each piece, in order. */
export function cutsOf(size: number, splitsMax: number, random: SeededRandom): number[] {
  const count = splitsMax === 0 || size < 2 ? 0 : random.integer(0, splitsMax);
  const cuts = new Set([size]);
  for (let index = 0; index < count; index += 1) cuts.add(random.integer(1, size - 1));
  return [...cuts].sort((one, other) => one - other);
}

function isRange(given: unknown): boolean {
  if (!Array.isArray(given) || given.length !== 2) return false;
  const [least, most]: unknown[] = given;
  return Number.isInteger(least) && Number.isInteger(most) && Number(least) >= 0 && Number(most) >= Number(least);
}
