/**
 * One end of a lane on a WebRTC data channel. A message of the channel is one datagram of protocol/webtransport. A
 * datagram that consists of one empty unit is a sign of life. docs/lanes.md, "The wire".
 */
import type { Bytes } from 'naru/base';
import { DatagramReader, encodeDatagram } from 'naru/protocol';
import { LaneFreshness } from './freshness.js';

/** The most bytes of a datagram. With the headers of SCTP, DTLS and UDP, it fits one packet of the network. */
export const CHANNEL_BYTES_MAX = 1_150;

/** Bytes that may wait in a channel. With more, newer messages are dropped, because they would be late. */
const WAITING_BYTES_MAX = 8 * CHANNEL_BYTES_MAX;

/** The id of the channel, which both ends know from the start. RFC 8832 calls that external negotiation. */
export const CHANNEL_ID = 0;

/** An open data channel. */
export interface LaneChannel {
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  send(datagram: Bytes): void;
}

/** Called with the units of a message. */
type OnUnits = (units: readonly (string | Bytes)[]) => void;

/** A sign of an end that hears the other, and of a client that does not. */
const HEARING = [''] as const;
const DEAF = [new Uint8Array(0)] as const;

/** Sends and receives messages. They may be lost, but never arrive twice or out of order. */
export class ChannelEnd {
  readonly #channel: LaneChannel;
  readonly #onUnits: OnUnits;
  readonly #freshness: LaneFreshness;
  readonly #reader = new DatagramReader();
  #sequence = 0;

  constructor(channel: LaneChannel, isServer: boolean, now: () => number, onUnits: OnUnits) {
    this.#channel = channel;
    this.#onUnits = onUnits;
    this.#freshness = new LaneFreshness(isServer, now);
  }

  /** Whether the other side has recently shown that it hears this one, so that a message is likely to arrive. */
  get isFresh(): boolean {
    return this.#freshness.isFresh;
  }

  /** Milliseconds since the other side last sent something. On a client: since the server's last answer to a sign. */
  get silentMs(): number {
    return this.#freshness.silentMs;
  }

  /**
   * Sends a message. Returns `false`, and sends nothing, if the lane is not fresh or the message is too big. The
   * message is lost if the network cannot take it now.
   */
  send(units: readonly (string | Bytes)[]): boolean {
    if (!this.isFresh) return false;
    const datagram = encodeDatagram(this.#sequence, units, CHANNEL_BYTES_MAX);
    if (!datagram) return false;
    if (this.#channel.bufferedBytes <= WAITING_BYTES_MAX) this.#write(datagram);
    return true;
  }

  /** Sends a sign of life, which a server answers. */
  giveSign(): void {
    const datagram = encodeDatagram(this.#sequence, this.#freshness.isDeaf ? DEAF : HEARING, CHANNEL_BYTES_MAX);
    if (datagram) this.#write(datagram);
  }

  /** Takes a datagram of the other side. */
  receive(datagram: Bytes): void {
    const units = this.#reader.read(datagram);
    if (!units) return;
    this.#freshness.onHeard();
    const [first = ''] = units;
    if (units.length > 1 || first.length > 0) this.#onUnits(units);
    else if (this.#freshness.onSign(typeof first !== 'string')) this.giveSign();
  }

  #write(datagram: Bytes): void {
    this.#sequence += 1;
    this.#channel.send(datagram);
  }
}
