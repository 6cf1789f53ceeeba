/** One Engine.IO message on its way out: encoded at most once for each wire and shared by every recipient. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../base/bytes.js';
import { FIN, OPCODE } from '../protocol/websocket/frame.js';
import { encodeRecordBuffer } from './tcp/records.js';
import { encodeServerFrame, encodeTextFrame } from './websocket/frames.js';
import { asBuffer } from './websocket/sender.js';

/** The Engine.IO protocol of a session: 4, or 3 for old clients. */
export type EngineProtocol = 3 | 4;

/** What a transport carries in one piece: text, or binary. */
export type Unit = string | Bytes;

const MESSAGE_V3 = 4;

/** The encodings of a packet for other wires than a WebSocket of protocol 4. */
interface RareForms {
  unitV3: Unit | undefined;
  frameV3: Buffer | undefined;
  record: Buffer | undefined;
  bytes: Buffer | undefined;
}

/** An Engine.IO packet with the encodings that were asked for so far. Immutable from outside. */
export class EncodedPacket {
  /** As a WebSocket carries it in protocol 4: text with its type character, or the bytes of a binary message. */
  readonly unit: Unit;
  /** Whether a transport that compresses may compress it. */
  readonly compress: boolean;
  /** Size in bytes as the outbox counts it; text counts a byte for each UTF-16 unit until it is encoded. */
  readonly size: number;
  /** What the packet says, for wires that write it in their own form; set by the layer that made it, on the first packet of a message. */
  source: unknown = undefined;
  #frame: Buffer | undefined;
  /** Made when it is needed: most packets go to one WebSocket. */
  #forms: RareForms | undefined;

  /** `unit` belongs to the packet from here on: bytes must not change any more. */
  constructor(unit: Unit, compress = true) {
    this.unit = unit;
    this.compress = compress;
    this.size = unit.length;
  }

  /** Whether this is a binary message. */
  get isBinary(): boolean {
    return typeof this.unit !== 'string';
  }

  /** As a WebSocket carries it in the given protocol: in protocol 3 bytes begin with the packet type. */
  unitFor(protocol: EngineProtocol): Unit {
    if (protocol === 4 || typeof this.unit === 'string') return this.unit;
    const { unit } = this;
    const forms = this.#rareForms();
    forms.unitV3 ??= Buffer.concat([Uint8Array.of(MESSAGE_V3), unit]);
    return forms.unitV3;
  }

  /** As an unmasked, uncompressed RFC 6455 frame (section 5.2), which every recipient shares. */
  frameFor(protocol: EngineProtocol): Buffer {
    if (protocol === 3 && this.isBinary) {
      const forms = this.#rareForms();
      forms.frameV3 ??= encodeFrame(this.unitFor(3));
      return forms.frameV3;
    }
    this.#frame ??= encodeFrame(this.unit);
    return this.#frame;
  }

  /** As a record of a byte stream in protocol 4 (engine.io-protocol, "WebTransport"), which every recipient shares. */
  record(): Buffer {
    const forms = this.#rareForms();
    forms.record ??= encodeRecordBuffer(this.unit);
    return forms.record;
  }

  /** The unit without anything around it, text as UTF-8, for wires whose units are their own; every recipient shares it. */
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

function encodeFrame(unit: Unit): Buffer {
  return typeof unit === 'string' ? encodeTextFrame(unit) : encodeServerFrame(FIN | OPCODE.binary, unit);
}
