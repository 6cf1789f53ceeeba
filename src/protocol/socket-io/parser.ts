/** The contract of the `parser` option: whatever replaces this protocol's encoding, as packages written for Socket.IO offer it. */
import type { SocketPacket } from './packet.js';

/** Writes packets. */
export interface ParserEncoder {
  /** The units to send for a packet, in order; text and bytes as the transport carries them. */
  encode(packet: SocketPacket): unknown[];
}

/** Reads packets and says so by its event `decoded`. */
export interface ParserDecoder {
  /** Takes one received unit; throws when it is not valid. */
  add(chunk: unknown): void;
  /** Lets go of a packet that is not complete. */
  destroy(): void;
  /** Registers for `decoded`. */
  on(event: 'decoded', listener: (packet: SocketPacket) => void): unknown;
  /** Removes a listener, or all of them. */
  off?(event?: 'decoded', listener?: (packet: SocketPacket) => void): unknown;
}

/** A parser: both classes are constructed once for each connection. */
export interface Parser {
  readonly Encoder: new () => ParserEncoder;
  readonly Decoder: new () => ParserDecoder;
  /** The version of the protocol, where the package says it. */
  readonly protocol?: number;
  /** The digits of the packet types, where the package says them. */
  readonly PacketType?: unknown;
}

/** A parser as packages declare it: looser than a Parser, because the declarations of published ones do not say what they do. */
export type PublishedParser = {
  readonly [Part in keyof Parser]: Part extends 'Encoder' | 'Decoder' ? new () => object : unknown;
};
