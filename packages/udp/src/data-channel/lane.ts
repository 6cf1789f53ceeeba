/**
 * The server's end of a lane in a browser: bounds what a client may send, and notices when it is silent. docs/lanes.md.
 */

import type { Bytes, Clock } from 'naru/base';
import { asBuffer, DeadlineEntry, Deadlines } from 'naru/base';
import type { EncodedPacket, Unit } from 'naru/wire';
import { CHANNEL_BYTES_MAX, ChannelEnd } from '../protocol/lane/channel-end.js';
import { LANE_SILENCE_MS_MAX } from '../protocol/lane/freshness.js';
import type { ChannelPeer, ChannelReceiver } from './driver.js';

/** Milliseconds that a client has to open its channel. */
export const CHANNEL_OPEN_MS = 10_000;

/** Why a lane ended. `misused` stands for data that lanes do not have, and for datagrams that are too large. */
export type ChannelEndReason = 'closed' | 'unopened' | 'silent' | 'flooded' | 'misused';

/** The settings and deadlines that all lanes of an endpoint share. */
export class ChannelLaneContext {
  readonly clock: Clock;
  readonly messagesPerSecondMax: number;
  /** The lanes whose channels are not open yet. */
  readonly opening: Deadlines<ChannelLane>;
  /** The open lanes, by the time since their client last spoke. */
  readonly silent: Deadlines<ChannelLane>;

  constructor(clock: Clock, messagesPerSecondMax: number) {
    this.clock = clock;
    this.messagesPerSecondMax = messagesPerSecondMax;
    this.opening = new Deadlines(clock, CHANNEL_OPEN_MS, (lane) => lane.end('unopened'));
    this.silent = new Deadlines(clock, LANE_SILENCE_MS_MAX, (lane) => lane.end('silent'));
  }
}

/** Receives the events of a lane. */
export interface ChannelLaneReceiver {
  onOpen(lane: ChannelLane): void;
  /** Called with the units of a whole message: the text first, then its attachments. */
  onVolatile(lane: ChannelLane, units: readonly Unit[]): void;
  /** Called once, when the lane has ended. */
  onEnd(lane: ChannelLane, reason: ChannelEndReason): void;
}

/** A lane. Invariant: it waits for one deadline until it ends, and for none afterwards. */
export class ChannelLane extends DeadlineEntry implements ChannelReceiver {
  readonly name = 'webrtc';
  readonly #context: ChannelLaneContext;
  readonly #receiver: ChannelLaneReceiver;
  #peer: ChannelPeer | undefined;
  #end: ChannelEnd | undefined;
  #isOver = false;
  #secondAt = 0;
  #messageCount = 0;

  constructor(context: ChannelLaneContext, receiver: ChannelLaneReceiver) {
    super();
    this.#context = context;
    this.#receiver = receiver;
  }

  /** Takes the channel. Call it once, when the channel is prepared. */
  start(peer: ChannelPeer): void {
    this.#peer = peer;
    this.#context.opening.add(this);
  }

  /** Whether the client has spoken lately, so that a message is likely to arrive. */
  get isFresh(): boolean {
    return this.#end?.isFresh === true;
  }

  /** Sends one message. Returns `false`, and sends nothing, if the lane is not fresh or the message is too big. */
  send(packets: readonly EncodedPacket[]): boolean {
    return this.#end?.send(packets.map(({ unit }) => unit)) === true;
  }

  /** Ends the lane. */
  close(): void {
    this.end('closed');
  }

  /** Ends the lane for a reason. */
  end(reason: ChannelEndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end = undefined;
    this.deadlineQueue?.remove(this as never);
    this.#peer?.close();
    this.#receiver.onEnd(this, reason);
  }

  onOpen(): void {
    if (this.#isOver || this.#end || !this.#peer) return;
    const { clock, silent } = this.#context;
    const now = (): number => clock.now();
    this.#end = new ChannelEnd(this.#peer, true, now, (units) =>
      this.#receiver.onVolatile(
        this,
        units.map((unit) => (typeof unit === 'string' ? unit : asBuffer(unit))),
      ),
    );
    silent.add(this);
    this.#receiver.onOpen(this);
  }

  onDatagram(datagram: Bytes): void {
    if (this.#isOver || !this.#end) return;
    if (datagram.byteLength > CHANNEL_BYTES_MAX) this.end('misused');
    else if (this.#isFlood()) this.end('flooded');
    else {
      this.#context.silent.add(this);
      this.#end.receive(datagram);
    }
  }

  onMisuse(): void {
    this.end('misused');
  }

  onEnd(): void {
    this.end('closed');
  }

  /** Counts a datagram, and returns whether it is one too many in its second. */
  #isFlood(): boolean {
    const { clock, messagesPerSecondMax } = this.#context;
    const now = clock.now();
    if (Math.abs(now - this.#secondAt) >= 1_000) {
      this.#secondAt = now;
      this.#messageCount = 0;
    }
    this.#messageCount += 1;
    return this.#messageCount > messagesPerSecondMax;
  }
}
