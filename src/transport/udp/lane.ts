/** Carries the volatile messages of a session beside its transport, at both ends. docs/udp.md, "Lanes". */

import type { Bytes } from '../../base/bytes.js';
import type { Timers } from '../../base/clock.js';
import type { EncodedPacket, Unit } from '../encoded-packet.js';
import { DatagramLink, type LinkContext, type LinkPlace } from './link.js';
import { fitsDatagram, pack } from './packing.js';

/** Milliseconds between two signs of life that a client gives on its lane. */
export const LANE_SIGN_EVERY_MS = 4_000;
/** Milliseconds until the next sign where the server did not answer. */
export const LANE_SIGN_AGAIN_MS = 1_000;
/** Milliseconds after which a lane that nothing was heard on is not used any more, until something is. */
export const LANE_FRESH_MS = 10_000;

/** Whom a lane tells. */
export interface LaneReceiver {
  /** A whole message came: text first, then its attachments. */
  onVolatile(lane: UdpLane, units: readonly Unit[]): void;
  /** The other side closed the lane, or broke a rule. */
  onLaneEnd(lane: UdpLane): void;
}

/** What a server answers to a sign. */
const NOTHING: Bytes = new Uint8Array(0);
/**
 * A client's signs: six empty records, texts where it hears the server and bytes where it does not. They are as long as a challenge, so that a
 * client that only listens is followed to another address, too.
 */
const HEARING: Bytes = new Uint8Array(6);
const DEAF: Bytes = new Uint8Array(6).fill(0x80);

/** One end of a lane. It may lose messages and never doubles or overtakes them. */
export class UdpLane extends DatagramLink {
  readonly name = 'udp';
  readonly #receiver: LaneReceiver;
  readonly #timers: Timers;
  #heardAt: number;
  /** When the server last answered a sign, which shows that both directions are open. */
  #answeredAt: number;

  constructor(context: LinkContext, receiver: LaneReceiver, place: LinkPlace, timers: Timers) {
    super(context, place);
    this.#receiver = receiver;
    this.#timers = timers;
    this.#heardAt = timers.now();
    this.#answeredAt = this.#heardAt;
  }

  /** Whether the other side gave a sign lately that it hears, so that what is sent now may well arrive. */
  get isFresh(): boolean {
    return this.isOpen && this.silentMs < LANE_FRESH_MS;
  }

  /** Milliseconds since the other side was heard; at a client, since the server answered a sign. */
  get silentMs(): number {
    return this.#timers.now() - (this.context.isServer ? this.#heardAt : this.#answeredAt);
  }

  /** Sends one message. `false`: the lane is not fresh or the message too big for it, and nothing was sent. */
  send(packets: readonly EncodedPacket[]): boolean {
    if (!this.isFresh || !fitsDatagram(packets)) return false;
    const { data, control } = pack(packets);
    for (const body of data) this.sendData(body);
    // On a lane an event that asks for an answer is as volatile as any other.
    for (const body of control) this.sendData(body);
    return true;
  }

  /** Shows the other side that this one is there, and a server whether it is heard as well. */
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

  /** A sign of life, which the server gives back. Where nothing comes through to the client, the lane is of no use to the server either. */
  #onSign([first]: readonly Unit[]): void {
    if (!this.context.isServer) {
      this.#answeredAt = this.#heardAt;
      return;
    }
    if (first !== undefined && typeof first !== 'string') this.#heardAt = this.#timers.now() - LANE_FRESH_MS;
    this.giveSign();
  }
}

/** A text begins a message, and the binary units behind it are its attachments. */
function splitMessages(units: readonly Unit[]): Unit[][] {
  const messages: Unit[][] = [];
  for (const unit of units) {
    const last = messages.at(-1);
    if (typeof unit === 'string' || !last) messages.push([unit]);
    else last.push(unit);
  }
  return messages;
}
