/** One outgoing Engine.IO packet. It is encoded at most once for each wire, and all recipients share the bytes. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../base/bytes.js';
import { asBuffer } from '../base/node/buffer.js';
import { FIN, OPCODE } from '../protocol/websocket/frame.js';
import { encodeServerFrame, encodeTextFrame } from './frames.js';
import { encodeRecordBuffer } from './records.js';

/** The Engine.IO protocol of a session: 4, or 3 for old clients. */
export type EngineProtocol = 3 | 4;

/** One text or binary unit of data, which a transport carries whole. */
export type Unit = string | Bytes;

const MESSAGE_V3 = 4;

/** The encodings of a packet for wires other than a WebSocket with protocol 4. */
interface RareForms {
  unitV3: Unit | undefined;
  frameV3: Buffer | undefined;
  record: Buffer | undefined;
  bytes: Buffer | undefined;
}

const SHORT_MAX = 125;
/** The headers of unmasked text frames by payload size. RFC 6455, section 5.2. */
const SHORT_HEADS = Array.from({ length: SHORT_MAX + 1 }, (_, size) => String.fromCharCode(FIN | OPCODE.text, size));

/** An Engine.IO packet and the encodings that were requested so far. Immutable from outside. */
export class EncodedPacket {
  /**
   * The packet as a WebSocket carries it in protocol 4: text with its type character, or the bytes of a binary message.
   */
  readonly unit: Unit;
  /** Whether a transport that compresses may compress it. */
  readonly compress: boolean;
  /** The size as the outbox counts it: bytes, or UTF-16 units of a text. */
  readonly size: number;
  /**
   * The content of the message, for wires that encode it in their own form. Its creator sets it on the first packet.
   */
  source: unknown = undefined;
  /** The frame in protocol 4: a string for the first recipient, and bytes for several. */
  #frame: Buffer | string | undefined;
  /** Created on first use, because most packets go to one WebSocket only. */
  #forms: RareForms | undefined;

  /** Takes over `unit`: its bytes must not change afterwards. */
  constructor(unit: Unit, compress = true) {
    this.unit = unit;
    this.compress = compress;
    this.size = unit.length;
  }

  /** Whether this is a binary message. */
  get isBinary(): boolean {
    return typeof this.unit !== 'string';
  }

  /**
   * Returns the packet as a WebSocket carries it in the given protocol. In protocol 3, bytes begin with the packet
   * type.
   */
  unitFor(protocol: EngineProtocol): Unit {
    if (protocol === 4 || typeof this.unit === 'string') return this.unit;
    const { unit } = this;
    const forms = this.#rareForms();
    forms.unitV3 ??= Buffer.concat([Uint8Array.of(MESSAGE_V3), unit]);
    return forms.unitV3;
  }

  /** Returns an unmasked, uncompressed RFC 6455 frame (section 5.2), which all recipients share. */
  frameFor(protocol: EngineProtocol): Buffer {
    const { unit } = this;
    if (protocol === 3 && typeof unit !== 'string') {
      const forms = this.#rareForms();
      forms.frameV3 ??= encodeServerFrame(FIN | OPCODE.binary, this.unitFor(3) as Uint8Array);
      return forms.frameV3;
    }
    if (typeof this.#frame === 'object') return this.#frame;
    this.#frame = typeof unit === 'string' ? encodeTextFrame(unit) : encodeServerFrame(FIN | OPCODE.binary, unit);
    return this.#frame;
  }

  /**
   * Returns the frame of an ASCII text of at most 125 characters, with a character for each byte. This is faster for
   * the first recipient. For the others it returns `undefined`, since they share the bytes of `frameFor`. @internal
   */
  shortFrame(): string | undefined {
    const { unit } = this;
    if (this.#frame !== undefined || typeof unit !== 'string' || unit.length > SHORT_MAX) return undefined;
    const frame = (SHORT_HEADS[unit.length] as string) + unit;
    // In UTF-8 the first byte of the header takes two bytes, and so would any character outside ASCII. Measuring the
    // whole frame makes V8 join its two strings, which the write needs anyway.
    if (Buffer.byteLength(frame) !== unit.length + 3) return undefined;
    this.#frame = frame;
    return frame;
  }

  /**
   * Returns a record of a byte stream in protocol 4 (engine.io-protocol, "WebTransport"), which all recipients share.
   */
  record(): Buffer {
    const forms = this.#rareForms();
    forms.record ??= encodeRecordBuffer(this.unit);
    return forms.record;
  }

  /** Returns the unit without framing, text as UTF-8, for plain wires. All recipients share the bytes. */
  bytes(): Buffer {
    const forms = this.#rareForms();
    forms.bytes ??= typeof this.unit === 'string' ? Buffer.from(this.unit) : asBuffer(this.unit);
    return forms.bytes;
  }

  #rareForms(): RareForms {
    this.#forms ??= { unitV3: undefined, frameV3: undefined, record: undefined, bytes: undefined };
    return this.#forms;
  }
}
