/** Reads a tape: pages of history from the place of the seek on, fed to the player shortly before they are due. */

import type { Socket } from 'naru/client';
import { type Frame, splitFrames } from '../../shared/frame.js';
import type { OnTape, Past, Quality, TapeMark } from '../../shared/protocol.js';
import { channelOf, TAPE, TAPE_START } from '../../shared/rooms.js';
import { ANSWER_MS, authOfTab, type LiveSocket } from './socket.js';

/** The receiver of what a reader finds. */
export interface TapeEvents {
  onFrame(frame: Frame): void;
  /** The tape has come to live, or cannot be read. */
  onEnd(): void;
}

interface ToTape {
  'naru:history': (room: string, query: object, reply: (past: Past) => void) => void;
}

/** The reader of one broadcast's tape. */
export class TapeReader {
  readonly #socket: LiveSocket;
  readonly #id: string;
  readonly #events: TapeEvents;
  #tape: Socket<OnTape, ToTape> | undefined;
  /** Frames that are not due yet, the oldest first. */
  #frames: Frame[] = [];
  /** Changes with each seek, so that an earlier one ends. */
  #turn = 0;
  #feeding: ReturnType<typeof setInterval> | undefined;

  constructor(socket: LiveSocket, id: string, events: TapeEvents) {
    this.#socket = socket;
    this.#id = id;
    this.#events = events;
  }

  /** Whether it plays. */
  get isPlaying(): boolean {
    return this.#feeding !== undefined;
  }

  /** Plays from a time of the server's clock on. */
  async play(quality: Quality, at: number, marks: readonly TapeMark[]): Promise<void> {
    this.stop();
    const turn = this.#turn;
    let begun: { readonly captured: number; readonly at: number } | undefined;
    this.#feeding = setInterval(() => {
      begun ??= this.#frames[0] && { captured: this.#frames[0].timestamp, at: performance.now() };
      if (!begun) return;
      const until = begun.captured + (performance.now() - begun.at + FEED_MS) * 1_000;
      while (this.#frames[0] && this.#frames[0].timestamp <= until) {
        const frame = this.#frames.shift();
        if (frame) this.#events.onFrame(frame);
      }
    }, FEED_MS / 4);
    // A mark before the time that is sought, or the beginning of the tape.
    let after = marks.filter((mark) => mark.at <= at - MARK_SPARE_MS).at(-1)?.offset ?? TAPE_START;
    for (;;) {
      const past = await this.#read(channelOf(this.#id, quality), after);
      if (turn !== this.#turn) return;
      if (!past?.events) return this.#end();
      for (const { event, args, at: written } of past.events) {
        // A record is written when its group is complete.
        if (event === 'group' && written >= at) this.#add(args[1]);
      }
      if (!past.hasMore && past.events.length === 0) return this.#end(turn);
      after = past.next ?? after;
      await this.#whileFull(turn);
      if (turn !== this.#turn) return;
    }
  }

  /** Ends the playing. */
  stop(): void {
    this.#turn++;
    clearInterval(this.#feeding);
    this.#feeding = undefined;
    this.#frames = [];
  }

  /** Ends the reader. */
  close(): void {
    this.stop();
    this.#tape?.disconnect();
  }

  #add(bytes: unknown): void {
    const list = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
    if (list instanceof Uint8Array) this.#frames.push(...splitFrames(list));
  }

  async #whileFull(turn: number): Promise<void> {
    const aheadMs = (): number => {
      const [first, last] = [this.#frames[0], this.#frames.at(-1)];
      return first && last ? (last.timestamp - first.timestamp) / 1_000 : 0;
    };
    do await new Promise((done) => setTimeout(done, WAIT_MS));
    while (turn === this.#turn && aheadMs() > AHEAD_MS);
  }

  /** Ends when what was read is shown. */
  #end(turn?: number): void {
    const isShown = setInterval(() => {
      if (turn !== undefined && turn === this.#turn && this.#frames.length > 0) return;
      clearInterval(isShown);
      if (turn === undefined || turn === this.#turn) this.#events.onEnd();
    }, WAIT_MS);
  }

  async #read(room: string, after: string): Promise<Past | undefined> {
    this.#tape ??= this.#socket.io.socket(TAPE, { auth: authOfTab }) as unknown as Socket<OnTape, ToTape>;
    if (!this.#tape.active) this.#tape.connect();
    const query = { after, limit: RECORDS };
    for (let tries = 0; tries < TRIES; tries++) {
      const past = await this.#tape
        .timeout(ANSWER_MS)
        .emitWithAck('naru:history', room, query)
        // The connection was lost. The loop asks again.
        .catch(() => undefined);
      if (past?.events) return past;
      await new Promise((done) => setTimeout(done, WAIT_MS * 2 ** tries));
    }
    return undefined;
  }
}

const RECORDS = 4;
/** Frames are fed this long before they are due. */
const FEED_MS = 200;
const AHEAD_MS = 4_000;
const WAIT_MS = 200;
const MARK_SPARE_MS = 1_000;
const TRIES = 5;
