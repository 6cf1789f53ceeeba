/** The codecs that write and read Socket.IO packets: our own, and one for the parser that an application chose. */
import type { Bytes } from '../../base/bytes.js';
import { ConfigError, ProtocolError } from '../../base/errors.js';
import { MESSAGE } from '../../protocol/engine-io/packet.js';
import { type DecoderLimits, PacketDecoder } from '../../protocol/socket-io/decoder.js';
import { encodingError } from '../../protocol/socket-io/encoding-error.js';
import { encodePacket, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Parser, PublishedParser } from '../../protocol/socket-io/parser.js';
import {
  createDecoder as createDecoderV4,
  encodePacket as encodePacketV4,
} from '../../protocol/socket-io/v4/packet.js';
import { EncodedPacket, type Unit } from '../../transport/encoded-packet.js';

/** Writes packets for all connections of a server, and reads them. */
export interface PacketCodec {
  /** Whether the first unit of a packet is Socket.IO's own text. */
  readonly isOwnFormat: boolean;
  /** Whether a reader has no state after a complete packet, so that the connection can drop it. */
  readonly isStateless: boolean;
  /**
   * Encodes a packet as messages: its text, then its attachments. Throws NOT_ENCODABLE for data that cannot be sent, or
   * the error of a parser.
   */
  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[];
  /** Whether a text message is a whole packet, which `decode` reads. */
  isWhole(text: string): boolean;
  /** Decodes a whole packet. Throws ProtocolError for invalid text. */
  decode(text: string): SocketPacket | undefined;
  /** Creates a reader for the other messages of one connection. */
  createReader(): PacketReader;
}

/** Reads the packets of one connection. */
export interface PacketReader {
  /** Takes one message and returns the packet that it completes. Throws ProtocolError for an invalid message. */
  add(unit: Unit): SocketPacket | undefined;
  /** Drops a packet that waits for attachments. */
  reset(): void;
}

/** The parts in which the protocol versions of Socket.IO's own format differ. */
export interface Dialect {
  /** Encodes a packet as its text, which begins with `mark`, and its attachments. */
  encode(packet: SocketPacket, mark: string): (string | Bytes)[];
  createDecoder(limits: DecoderLimits): PacketDecoder;
}

/** Protocol 5. */
export const DIALECT_V5: Dialect = { encode: encodePacket, createDecoder: (limits) => new PacketDecoder(limits) };

/** Protocol 4, for clients of Socket.IO 2. */
export const DIALECT_V4: Dialect = { encode: encodePacketV4, createDecoder: createDecoderV4 };

const BINARY_EVENT = 0x35;
const BINARY_ACK = 0x36;

/** The codec of Socket.IO's own format. Connections that do not wait for attachments share one decoder. */
export class StandardCodec implements PacketCodec {
  readonly isOwnFormat = true;
  readonly isStateless = true;
  readonly #dialect: Dialect;
  readonly #limits: DecoderLimits;
  readonly #shared: PacketDecoder;

  constructor(dialect: Dialect, limits: DecoderLimits) {
    this.#dialect = dialect;
    this.#limits = limits;
    this.#shared = dialect.createDecoder(limits);
  }

  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[] {
    const units = this.#encode(packet);
    const packets = new Array<EncodedPacket>(units.length);
    for (let at = 0; at < units.length; at += 1) packets[at] = new EncodedPacket(units[at] as Unit, compress);
    return packets;
  }

  #encode(packet: SocketPacket): (string | Bytes)[] {
    try {
      return this.#dialect.encode(packet, MESSAGE);
    } catch (error) {
      throw encodingError(packet, error);
    }
  }

  isWhole(text: string): boolean {
    const type = text.charCodeAt(0);
    return type !== BINARY_EVENT && type !== BINARY_ACK;
  }

  decode(text: string): SocketPacket | undefined {
    return this.#shared.add(text);
  }

  createReader(): PacketReader {
    return this.#dialect.createDecoder(this.#limits);
  }
}

/** The codec for an application's parser, from the option `parser`. */
export class ParserCodec implements PacketCodec {
  readonly isOwnFormat = false;
  // An application's parser may keep state between packets.
  readonly isStateless = false;
  readonly #parser: Parser;
  readonly #encoder: InstanceType<Parser['Encoder']>;

  constructor(published: PublishedParser) {
    const parser = published as Parser;
    if (typeof parser?.Encoder !== 'function' || typeof parser.Decoder !== 'function') {
      throw new ConfigError('BAD_OPTION', 'Option "parser" must have the classes "Encoder" and "Decoder".');
    }
    this.#parser = parser;
    this.#encoder = new parser.Encoder();
  }

  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[] {
    return this.#encoder
      .encode(packet)
      .map((unit) => new EncodedPacket(typeof unit === 'string' ? MESSAGE + unit : (unit as Bytes), compress));
  }

  isWhole(): boolean {
    return false;
  }

  decode(): undefined {
    return undefined;
  }

  createReader(): PacketReader {
    return new ParserReader(this.#parser);
  }
}

class ParserReader implements PacketReader {
  readonly #decoder: InstanceType<Parser['Decoder']>;
  #decoded: SocketPacket | undefined;

  constructor(parser: Parser) {
    this.#decoder = new parser.Decoder();
    this.#decoder.on('decoded', (packet: SocketPacket) => {
      this.#decoded = packet;
    });
  }

  add(unit: Unit): SocketPacket | undefined {
    try {
      this.#decoder.add(unit);
    } catch (error) {
      // Its message may show the packet.
      const { name } = (error ?? {}) as { readonly name?: unknown };
      throw new ProtocolError('SIO_BAD_PACKET', `the parser refused the packet (${name})`, error);
    }
    const packet = this.#decoded;
    this.#decoded = undefined;
    return packet;
  }

  reset(): void {
    this.#decoder.destroy();
  }
}
