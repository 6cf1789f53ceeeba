/** How a server writes and reads Socket.IO packets: our own codec, or the parser that the application chose. */
import type { Bytes } from '../base/bytes.js';
import { ConfigError, ProtocolError } from '../base/errors.js';
import { type DecoderLimits, PacketDecoder } from '../protocol/socket-io/decoder.js';
import { encodePacket, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { Parser } from '../protocol/socket-io/parser.js';
import { createDecoder as createDecoderV4, encodePacket as encodePacketV4 } from '../protocol/socket-io/v4/packet.js';
import { EncodedPacket, type Unit } from '../transport/encoded-packet.js';

/** Writes packets for all connections of a server, and makes a reader for each. */
export interface PacketCodec {
  /** The packet as messages: its text, then its attachments. Throws ConfigError for data that cannot be encoded. */
  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[];
  /** A reader for one connection. */
  createReader(): PacketReader;
}

/** Reads the packets of one connection. */
export interface PacketReader {
  /** Takes one message and gives the packet it completes. Throws ProtocolError for what is no packet. */
  read(unit: Unit): SocketPacket | undefined;
  /** Lets go of what waits for attachments. */
  close(): void;
}

/** What differs between the protocols of Socket.IO's own format. */
export interface Dialect {
  encode(packet: SocketPacket): (string | Bytes)[];
  createDecoder(limits: DecoderLimits): PacketDecoder;
}

/** Protocol 5. */
export const DIALECT_V5: Dialect = { encode: encodePacket, createDecoder: (limits) => new PacketDecoder(limits) };

/** Protocol 4, of clients of Socket.IO 2. */
export const DIALECT_V4: Dialect = { encode: encodePacketV4, createDecoder: createDecoderV4 };

/** The codec of Socket.IO's own format. Connections without attachments on their way share one decoder. */
export class StandardCodec implements PacketCodec {
  readonly #dialect: Dialect;
  readonly #limits: DecoderLimits;
  readonly #shared: PacketDecoder;
  readonly #createDecoder: () => PacketDecoder;

  constructor(dialect: Dialect, limits: DecoderLimits) {
    this.#dialect = dialect;
    this.#limits = limits;
    this.#shared = dialect.createDecoder(limits);
    // One function for all connections.
    this.#createDecoder = () => this.#dialect.createDecoder(this.#limits);
  }

  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[] {
    const units = this.#dialect.encode(packet);
    const packets = new Array<EncodedPacket>(units.length);
    for (let at = 0; at < units.length; at += 1) {
      const unit = units[at] as Unit;
      packets[at] = new EncodedPacket(typeof unit === 'string' ? `4${unit}` : unit, compress);
    }
    return packets;
  }

  createReader(): PacketReader {
    return new StandardReader(this.#shared, this.#createDecoder);
  }
}

const BINARY_EVENT = 0x35;
const BINARY_ACK = 0x36;

class StandardReader implements PacketReader {
  readonly #shared: PacketDecoder;
  readonly #createDecoder: () => PacketDecoder;
  #own: PacketDecoder | undefined;

  constructor(shared: PacketDecoder, createDecoder: () => PacketDecoder) {
    this.#shared = shared;
    this.#createDecoder = createDecoder;
  }

  read(unit: Unit): SocketPacket | undefined {
    if (this.#own === undefined && typeof unit === 'string') {
      const type = unit.charCodeAt(0);
      if (type !== BINARY_EVENT && type !== BINARY_ACK) return this.#shared.add(unit);
    }
    this.#own ??= this.#createDecoder();
    const packet = this.#own.add(unit);
    if (packet) this.#own = undefined;
    return packet;
  }

  close(): void {
    this.#own = undefined;
  }
}

/** The codec made of an application's parser, as the `parser` option takes it. */
export class ParserCodec implements PacketCodec {
  readonly #parser: Parser;
  readonly #encoder: InstanceType<Parser['Encoder']>;

  constructor(parser: Parser) {
    if (typeof parser?.Encoder !== 'function' || typeof parser.Decoder !== 'function') {
      throw new ConfigError('BAD_OPTION', 'the option "parser" must have the classes "Encoder" and "Decoder"');
    }
    this.#parser = parser;
    this.#encoder = new parser.Encoder();
  }

  encode(packet: SocketPacket, compress: boolean): readonly EncodedPacket[] {
    return this.#encoder
      .encode(packet)
      .map((unit) => new EncodedPacket(typeof unit === 'string' ? `4${unit}` : (unit as Bytes), compress));
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

  read(unit: Unit): SocketPacket | undefined {
    try {
      this.#decoder.add(unit);
    } catch (error) {
      throw new ProtocolError('SIO_BAD_PACKET', `the parser refused the packet: ${String(error)}`);
    }
    const packet = this.#decoded;
    this.#decoded = undefined;
    return packet;
  }

  close(): void {
    this.#decoder.destroy();
  }
}
