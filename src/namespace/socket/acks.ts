/** The acknowledgements that a socket waits for. */
import type { Clock, Timer } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Flags } from '../target.js';

/** Called with the arguments of an acknowledgement. */
export type AckListener = (...args: unknown[]) => void;

interface WaitingAck {
  readonly listener: AckListener;
  /** Set when the listener takes an error first. */
  readonly timer: Timer | undefined;
}

/** Acks by id. Guarantee: each listener is called at most once. Invariant: at most `countMax` wait; beyond it the oldest is let go. */
export class Acks {
  readonly #clock: Clock;
  readonly #countMax: number;
  readonly #waiting = new Map<number, WaitingAck>();

  constructor(clock: Clock, countMax: number) {
    this.#clock = clock;
    this.#countMax = countMax;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Waits for the ack `id`. With `timeoutMs` the listener gets an error first, which is set when the time is over. */
  expect(id: number, listener: AckListener, timeoutMs: number | undefined): void {
    if (this.#waiting.size >= this.#countMax) this.#dropOldest();
    const timer =
      timeoutMs === undefined ? undefined : this.#clock.setTimeout(() => this.#expire(id), timeoutMs, undefined);
    this.#waiting.set(id, { listener, timer });
  }

  /** An ack came; one that nobody waits for is ignored. */
  receive(id: number, args: readonly unknown[]): void {
    const ack = this.#waiting.get(id);
    if (!ack) return;
    this.#waiting.delete(id);
    if (ack.timer === undefined) {
      ack.listener(...args);
      return;
    }
    this.#clock.clearTimeout(ack.timer);
    ack.listener(null, ...args);
  }

  /** Nobody waits for the ack `id` any more; its listener is not called. */
  forget(id: number): void {
    const ack = this.#waiting.get(id);
    if (!ack) return;
    this.#waiting.delete(id);
    if (ack.timer !== undefined) this.#clock.clearTimeout(ack.timer);
  }

  #expire(id: number): void {
    const ack = this.#waiting.get(id);
    this.#waiting.delete(id);
    ack?.listener(new UnavailableError('TIMEOUT', 'operation has timed out'));
  }

  #dropOldest(): void {
    for (const [id, ack] of this.#waiting) {
      this.#waiting.delete(id);
      if (ack.timer === undefined) return;
      this.#clock.clearTimeout(ack.timer);
      ack.listener(new UnavailableError('BUFFER_FULL', `more than ${this.#countMax} acknowledgements wait`));
      return;
    }
  }
}

/** What an answer needs of its socket. */
interface Answering {
  sendPacket(packet: SocketPacket, flags: Flags): void;
}

const NO_FLAGS: Flags = Object.freeze({});

/** The function by which a listener answers the event `id`; only its first call counts. */
export function createAnswer(socket: Answering, nsp: string, id: number): (...args: unknown[]) => void {
  let isAnswered = false;
  return (...args) => {
    if (isAnswered) return;
    isAnswered = true;
    socket.sendPacket({ type: PacketType.ACK, nsp, id, data: args }, NO_FLAGS);
  };
}
