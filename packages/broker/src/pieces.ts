/** Puts messages together that came in several frames. */
import { Buffer } from 'node:buffer';
import { TALK_BYTES_MAX } from 'naru/backplane';
import type { Bytes, Clock } from 'naru/base';
import { PIECE_BYTES_MAX, type SaidFrom, type SaidHead } from './said.js';

/** The head of a message. */
export type MessageHead = Extract<SaidHead, { readonly kind: 'talk' }>;

/** The head of a message, or of a later piece. */
export type PieceHead = Extract<SaidHead, { readonly kind: 'talk' | 'piece' }>;

/** A message with all of its pieces. */
export interface Message {
  readonly head: MessageHead;
  readonly body: Bytes;
}

interface Part {
  readonly head: MessageHead;
  readonly uplink: number;
  readonly bodies: Bytes[];
  bytes: number;
  at: number;
}

/** Pieces of one message, and messages of which pieces are missing. */
const PIECES_MAX = Math.ceil(TALK_BYTES_MAX / PIECE_BYTES_MAX);
const PARTS_MAX = 1_000;
/** Bytes of all messages of which pieces are missing. */
const BYTES_MAX = 2 * TALK_BYTES_MAX;
/** Milliseconds that the next piece may take. */
const PIECE_MS = 10_000;

/**
 * The messages of which pieces are missing. Each sender has at most one on each channel, because the pieces of a
 * message come in one run.
 */
export class Pieces {
  readonly #clock: Clock;
  /** By sender and channel, in the order of the newest pieces. */
  readonly #parts = new Map<string, Part>();
  #bytes = 0;
  #lostCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of messages of which pieces were lost. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Takes a frame. Returns the message that it completes. */
  take(channel: string, from: SaidFrom, head: PieceHead, body: Bytes): Message | undefined {
    const key = `${from.run} ${channel}`;
    const known = this.#parts.get(key);
    if (known) this.#remove(key, known);
    if (head.kind === 'talk') {
      if (known) this.#lostCount += 1;
      if (head.pieces <= 1) return { head, body };
      if (head.pieces > PIECES_MAX) this.#lostCount += 1;
      else this.#keep(key, { head, uplink: from.uplink, bodies: [], bytes: 0, at: 0 }, body);
      return undefined;
    }
    const fits = known?.uplink === from.uplink && known.bodies.length === head.index;
    if (!known || !fits || known.bytes + body.byteLength > TALK_BYTES_MAX) {
      this.#lostCount += 1;
      return undefined;
    }
    if (head.index < known.head.pieces - 1) {
      this.#keep(key, known, body);
      return undefined;
    }
    return { head: known.head, body: Buffer.concat([...known.bodies, body]) };
  }

  /** Gives up messages whose next piece does not come. */
  expire(): void {
    const since = this.#clock.now() - PIECE_MS;
    for (const [key, part] of this.#parts) {
      if (part.at > since) return;
      this.#remove(key, part);
      this.#lostCount += 1;
    }
  }

  #keep(key: string, part: Part, body: Bytes): void {
    part.bodies.push(body);
    part.bytes += body.byteLength;
    part.at = this.#clock.now();
    this.#parts.set(key, part);
    this.#bytes += part.bytes;
    for (const [oldest, old] of this.#parts) {
      if (this.#parts.size <= PARTS_MAX && this.#bytes <= BYTES_MAX) return;
      this.#remove(oldest, old);
      this.#lostCount += 1;
    }
  }

  #remove(key: string, part: Part): void {
    this.#parts.delete(key);
    this.#bytes -= part.bytes;
  }
}
