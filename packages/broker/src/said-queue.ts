/** The messages of a process to the home: in pieces, as many as the home takes, and briefly without an uplink. */
import { type Bytes, type Clock, unreferenced } from 'naru/base';
import type { Uplink } from './home.js';
import { encodeSaid, PIECE_BYTES_MAX, type SaidFrom, type SaidHead } from './said.js';

/** A message that is to be said. */
export interface Saying {
  readonly channel: string;
  /** The head, without the number of pieces. */
  readonly head: SaidHead;
  readonly body: Bytes;
  /** Called when the home says that nobody hears the channel. */
  onUnheard?(): void;
  /** Called when the home has taken all of the message. */
  onTaken?(): void;
}

interface Waiting extends Saying {
  readonly at: number;
  readonly pieces: number;
  /** Pieces that were said. */
  next: number;
}

/** Bytes that the home has not taken yet. A home that has to buffer more for a slow process would end its uplink. */
const UNDER_WAY_BYTES_MAX = 4 * 1024 * 1024;
/** Bytes that wait for the home, and for an uplink. */
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
const OFFLINE_BYTES_MAX = 16 * 1024 * 1024;
/** Milliseconds for which a message waits. Nobody waits longer for an answer. */
const WAIT_MS = 5_000;
/** Milliseconds for which messages wait for another uplink, although this one is still there. */
const DRAIN_MS = 2_000;
/** Bytes that a message costs beside its body. */
const MESSAGE_BYTES = 200;

/** The queue. It keeps the order of the messages. */
export class SaidQueue {
  readonly #clock: Clock;
  readonly #run: string;
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;
  #underWay = 0;
  #uplink: Uplink | undefined;
  #uplinkNumber = 0;
  #frameNumber = 0;
  #lostCount = 0;
  /** Called when the uplink has taken what is under way. Until then, no other message begins. */
  #onDrained: (() => void) | undefined;

  constructor(clock: Clock, run: string) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Number of messages that were given up, because they had waited too long or were too many. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Says what waits over a new uplink. Without one, messages wait. A message that was said in part is lost. */
  use(uplink: Uplink | undefined): void {
    if (uplink === this.#uplink) return;
    this.#uplink = uplink;
    this.#underWay = 0;
    this.#onDrained = undefined;
    if (uplink) this.#uplinkNumber += 1;
    const [first] = this.#waiting;
    if (first && first.next > 0) this.#lose(first);
    this.#say();
  }

  /**
   * Begins no other message until `use`, for two seconds at most. Resolves when the uplink has taken what is under way,
   * and never if it breaks.
   */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      const goOn = (queue: SaidQueue): void => {
        if (queue.#onDrained !== resolve) return;
        queue.#onDrained = undefined;
        queue.#say();
      };
      unreferenced(this.#clock.setTimeout(goOn, DRAIN_MS, this));
      this.#say();
    });
  }

  /** Adds a message. Returns `false` if too much waits already. */
  add(saying: Saying): boolean {
    this.#expire();
    const bytes = sizeOf(saying);
    const bytesMax = this.#uplink ? WAITING_BYTES_MAX : OFFLINE_BYTES_MAX;
    if (this.#waiting.size > 0 && this.#bytes + bytes > bytesMax) {
      this.#lostCount += 1;
      return false;
    }
    const pieces = Math.max(1, Math.ceil(saying.body.byteLength / PIECE_BYTES_MAX));
    this.#waiting.add({ ...saying, at: this.#clock.now(), pieces, next: 0 });
    this.#bytes += bytes;
    this.#say();
    return true;
  }

  /** Says as much as the home takes. */
  #say(): void {
    for (
      let [next] = this.#waiting;
      next && this.#uplink && this.#underWay < UNDER_WAY_BYTES_MAX;
      [next] = this.#waiting
    )
      if (next.next === 0 && this.#onDrained) break;
      else if (next.next === 0 && next.at <= this.#clock.now() - WAIT_MS) this.#lose(next);
      else this.#sayPiece(this.#uplink, next);
    if (this.#underWay === 0) this.#onDrained?.();
  }

  #sayPiece(uplink: Uplink, message: Waiting): void {
    const { channel, pieces, body } = message;
    const index = message.next;
    this.#frameNumber += 1;
    const from: SaidFrom = { run: this.#run, uplink: this.#uplinkNumber, number: this.#frameNumber };
    const head = index === 0 ? withPieces(message.head, pieces) : ({ kind: 'piece', index } as const);
    const frame = encodeSaid(from, head, body.subarray(index * PIECE_BYTES_MAX, (index + 1) * PIECE_BYTES_MAX));
    if (!frame) {
      this.#lose(message);
      return;
    }
    message.next += 1;
    if (message.next === pieces) this.#remove(message);
    this.#underWay += frame.byteLength;
    void uplink.say(channel, frame).then((isHeard) => {
      if (uplink !== this.#uplink) return;
      this.#underWay -= frame.byteLength;
      if (index === pieces - 1) {
        if (!isHeard) message.onUnheard?.();
        message.onTaken?.();
      }
      this.#say();
    });
  }

  /** Gives up messages that have waited too long. */
  #expire(): void {
    const since = this.#clock.now() - WAIT_MS;
    for (const message of this.#waiting) {
      if (message.at > since) return;
      if (message.next === 0) this.#lose(message);
    }
  }

  #lose(message: Waiting): void {
    this.#lostCount += 1;
    this.#remove(message);
  }

  #remove(message: Waiting): void {
    if (this.#waiting.delete(message)) this.#bytes -= sizeOf(message);
  }
}

function sizeOf({ body }: Saying): number {
  return MESSAGE_BYTES + body.byteLength;
}

function withPieces(head: SaidHead, pieces: number): SaidHead {
  return head.kind === 'talk' ? { ...head, pieces } : head;
}
