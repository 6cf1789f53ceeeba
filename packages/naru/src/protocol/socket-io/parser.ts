/**
 * The contract of the `parser` option, with which packages written for Socket.IO replace the encoding of this protocol.
 */
import type { SocketPacket } from './packet.js';

/** Writes packets. */
export interface ParserEncoder {
  /** Returns the units to send for a packet, in order: text and bytes as the transport carries them. */
  encode(packet: SocketPacket): unknown[];
}

/** Reads packets and emits each as the event `decoded`. */
export interface ParserDecoder {
  /** Takes one received unit. Throws if it is invalid. */
  add(chunk: unknown): void;
  /** Drops an incomplete packet. */
  destroy(): void;
  /** Adds a listener for `decoded`. */
  on(event: 'decoded', listener: (packet: SocketPacket) => void): unknown;
  /** Removes a listener, or all of them. */
  off?(event?: 'decoded', listener?: (packet: SocketPacket) => void): unknown;
}

/** A parser. Both classes are constructed once for each connection. */
export interface Parser {
  readonly Encoder: new () => ParserEncoder;
  readonly Decoder: new () => ParserDecoder;
  /** The version of the protocol, if the package exports it. */
  readonly protocol?: number;
  /** The digits of the packet types, if the package exports them. */
  readonly PacketType?: unknown;
}

/**
 * A parser as packages declare it. It is looser than `Parser`, because the declarations of published packages are
 * imprecise.
 */
export type PublishedParser = {
  readonly [Part in keyof Parser]: Part extends 'Encoder' | 'Decoder' ? new () => object : unknown;
};
