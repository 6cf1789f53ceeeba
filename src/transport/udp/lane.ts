/** Carries the volatile messages of a session beside its transport, for client and server. docs/udp.md, "Lanes". */

import type { Bytes } from '../../base/bytes.js';
import type { Timers } from '../../base/clock.js';
import type { EncodedPacket, Unit } from '../encoded-packet.js';
import { DatagramLink, type LinkContext, type LinkPlace } from './link.js';
import { fitsDatagram, pack } from './packing.js';

/** Milliseconds between two signs of life that a client sends on its lane. */
export const LANE_SIGN_EVERY_MS = 4_000;
/** Milliseconds until the next sign if the server did not answer. */
export const LANE_SIGN_AGAIN_MS = 1_000;
/** A lane is not used after this many milliseconds of silence, until the other side sends again. */
export const LANE_FRESH_MS = 10_000;

/** Receives the messages and the end of a lane. */
export interface LaneReceiver {
  /** Called with the units of a whole message: the text first, then its attachments. */
  onVolatile(lane: UdpLane, units: readonly Unit[]): void;
  /** Called when the other side has closed the lane or broken a rule. */
  onLaneEnd(lane: UdpLane): void;
}

/** A server's answer to a sign. */
const NOTHING: Bytes = new Uint8Array(0);
/**
 * A client's signs: six empty records, which are texts while the client hears the server, and bytes while it does not. They are as long as
 * a path challenge, which a server sends only in answer to a datagram of that size. So a client that only listens can change its address.
 */
const HEARING: Bytes = new Uint8Array(6);
const DEAF: Bytes = new Uint8Array(6).fill(0x80);

/** One end of a lane. Messages may be lost, but never arrive twice or out of order. */
export class UdpLane extends DatagramLink {
  readonly name = 'udp';
  readonly #receiver: LaneReceiver;
  readonly #timers: Timers;
  #heardAt: number;
  /** The time of the server's last answer to a sign, which shows that both directions are open. */
  #answeredAt: number;

  constructor(context: LinkContext, receiver: LaneReceiver, place: LinkPlace, timers: Timers) {
    super(context, place);
    this.#receiver = receiver;
    this.#timers = timers;
    this.#heardAt = timers.now();
    this.#answeredAt = this.#heardAt;
  }

  /** Whether the other side has recently shown that it hears this one, so that a message is likely to arrive. */
  get isFresh(): boolean {
    return this.isOpen && this.silentMs < LANE_FRESH_MS;
  }

  /** Milliseconds since the other side last sent a datagram. On a client: since the server's last answer to a sign. */
  get silentMs(): number {
    return this.#timers.now() - (this.context.isServer ? this.#heardAt : this.#answeredAt);
  }

  /** Sends one message. Returns `false`, and sends nothing, if the lane is not fresh or the message is too big. */
  send(packets: readonly EncodedPacket[]): boolean {
    if (!this.isFresh || !fitsDatagram(packets)) return false;
    const { data, control } = pack(packets);
    for (const body of data) this.sendData(body);
    // On a lane, an event that asks for an ack is volatile, too.
    for (const body of control) this.sendData(body);
    return true;
  }

  /** Sends a sign of life. A client's sign also tells the server whether the client hears it. */
  giveSign(): void {
    if (this.context.isServer) this.sendData(NOTHING);
    else this.sendData(this.#timers.now() - this.#heardAt < LANE_FRESH_MS ? HEARING : DEAF);
  }

  protected override onHeard(): void {
    this.#heardAt = this.#timers.now();
  }

  protected override onUnits(units: Unit[]): void {
    if (units.every((unit) => unit.length === 0)) {
      this.#onSign(units);
      return;
    }
    for (const message of splitMessages(units)) if (this.isOpen) this.#receiver.onVolatile(this, message);
  }

  protected override onEnd(): void {
    this.#receiver.onLaneEnd(this);
  }

  /** Takes a sign of life, which a server answers. If the client hears nothing, the server stops using the lane as well. */
  #onSign([first]: readonly Unit[]): void {
    if (!this.context.isServer) {
      this.#answeredAt = this.#heardAt;
      return;
    }
    if (first !== undefined && typeof first !== 'string') this.#heardAt = this.#timers.now() - LANE_FRESH_MS;
    this.giveSign();
  }
}

/** Splits units into messages: a text begins a message, and the binary units that follow are its attachments. */
function splitMessages(units: readonly Unit[]): Unit[][] {
  const messages: Unit[][] = [];
  for (const unit of units) {
    const last = messages.at(-1);
    if (typeof unit === 'string' || !last) messages.push([unit]);
    else last.push(unit);
  }
  return messages;
}
