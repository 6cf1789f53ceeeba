/** Carries the volatile messages of a session beside its transport, for client and server. docs/udp.md, "Lanes". */

import type { Bytes, Timers } from 'naru/base';
import type { EncodedPacket, Unit } from 'naru/wire';
import { LaneFreshness } from '../protocol/lane/freshness.js';
import { Association, type AssociationContext, type AssociationPlace } from './association.js';
import { fitsDatagram, pack } from './packing.js';

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
 * A client's signs: six empty records, which are texts while the client hears the server, and bytes while it does not.
 * They are as long as a path challenge, which a server sends only in answer to a datagram of that size. So a client
 * that only listens can change its address.
 */
const HEARING: Bytes = new Uint8Array(6);
const DEAF: Bytes = new Uint8Array(6).fill(0x80);

/** One end of a lane. Messages may be lost, but never arrive twice or out of order. */
export class UdpLane extends Association {
  readonly name = 'udp';
  readonly #receiver: LaneReceiver;
  readonly #freshness: LaneFreshness;

  constructor(context: AssociationContext, receiver: LaneReceiver, place: AssociationPlace, timers: Timers) {
    super(context, place);
    this.#receiver = receiver;
    this.#freshness = new LaneFreshness(context.isServer, () => timers.now());
  }

  /** Whether the other side has recently shown that it hears this one, so that a message is likely to arrive. */
  get isFresh(): boolean {
    return this.isOpen && this.#freshness.isFresh;
  }

  /** Milliseconds since the other side last sent a datagram. On a client: since the server's last answer to a sign. */
  get silentMs(): number {
    return this.#freshness.silentMs;
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
    else this.sendData(this.#freshness.isDeaf ? DEAF : HEARING);
  }

  protected override onHeard(): void {
    this.#freshness.onHeard();
  }

  protected override onUnits(units: Unit[]): void {
    if (units.every((unit) => unit.length === 0)) {
      const [first] = units;
      if (this.#freshness.onSign(first !== undefined && typeof first !== 'string')) this.giveSign();
      return;
    }
    for (const message of splitMessages(units)) if (this.isOpen) this.#receiver.onVolatile(this, message);
  }

  protected override onEnd(): void {
    this.#receiver.onLaneEnd(this);
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
