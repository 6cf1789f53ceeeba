/**
 * An outgoing event for wires other than Socket.IO's. Each wire makes its form of the event once, for all recipients.
 */
import type { Bytes } from '../../base/bytes.js';
import { detachBinary } from '../../protocol/socket-io/binary.js';
import { encodeJson, encodeText, eventHead, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Room } from './target.js';

/** The rooms of an event, and its place in the log. */
export interface EventDetails {
  /**
   * The rooms that the event was sent to. Empty for an event to everybody. For an event to one socket, empty or the
   * socket's own room.
   */
  readonly rooms: ReadonlySet<Room>;
  /** The offset of the event in the log of the namespace, if it has one. */
  readonly offset: string | undefined;
  /** Whether the encoding carries the offset as its last argument, so that clients can recover. @default true */
  readonly isMarked?: boolean;
  /** The value that the incoming wire left in the target. */
  readonly origin?: unknown;
}

const NO_ROOMS: ReadonlySet<Room> = new Set();
const NO_ATTACHMENTS: readonly Bytes[] = [];
const ALONE: EventDetails = { rooms: NO_ROOMS, offset: undefined };

/**
 * Returns the event that an encoded packet is made of, or `undefined` for packets of other kinds. The packet of a
 * record makes its event when the first wire asks for it.
 */
export function eventOf(packet: EncodedPacket | undefined): OutgoingEvent | undefined {
  if (typeof packet?.source === 'function') packet.source = packet.source();
  return packet?.source instanceof OutgoingEvent ? packet.source : undefined;
}

/** An outgoing event. Its data is a snapshot: later changes by the application do not affect it. */
export class OutgoingEvent implements EventDetails {
  /** The name of the event. */
  readonly name: string;
  /** The id of the acknowledgement that the event asks for, if any. */
  readonly id: number | undefined;
  readonly rooms: ReadonlySet<Room>;
  readonly offset: string | undefined;
  readonly origin: unknown;
  readonly #nsp: string;
  readonly isMarked: boolean;
  #packets: readonly EncodedPacket[] | undefined;
  #json: string | undefined;
  #attachments: readonly Bytes[] | undefined;
  #forms: Map<object, unknown> | undefined;

  private constructor(packet: SocketPacket, details: EventDetails) {
    this.name = String((packet.data as readonly unknown[])[0]);
    this.id = packet.id;
    this.rooms = details.rooms;
    this.offset = details.offset;
    this.isMarked = details.offset !== undefined && details.isMarked !== false;
    this.origin = details.origin;
    this.#nsp = packet.nsp;
  }

  /** Creates an event from its encoding in Socket.IO's format. `packets` are its text and its attachments. */
  static ofEncoded(packet: SocketPacket, packets: readonly EncodedPacket[], details: EventDetails): OutgoingEvent {
    const event = new OutgoingEvent(packet, details);
    event.#packets = packets;
    return event;
  }

  /** Creates an event that is not encoded yet. Throws ConfigError for data that cannot be encoded. */
  static of(packet: SocketPacket, details: EventDetails = ALONE): OutgoingEvent {
    const event = new OutgoingEvent(packet, details);
    const attachments: (Bytes | Blob)[] = [];
    event.#json = encodeJson(detachBinary((packet.data as readonly unknown[]).slice(1), attachments));
    event.#attachments = attachments as Bytes[];
    return event;
  }

  /**
   * The JSON array of the arguments. In place of bytes it has `{"_placeholder":true,"num":n}`, with n as index of
   * `attachments`.
   */
  get json(): string {
    this.#json ??= this.#cut();
    return this.#json;
  }

  /** The bytes among the arguments. */
  get attachments(): readonly Bytes[] {
    if (this.#attachments === undefined) {
      const packets = this.#packets ?? [];
      this.#attachments = packets.length > 1 ? packets.slice(1).map(({ unit }) => unit as Bytes) : NO_ATTACHMENTS;
    }
    return this.#attachments;
  }

  /** The only argument of the event if it consists of bytes, else `undefined`. */
  get soleBytes(): Bytes | undefined {
    return this.attachments.length === 1 && this.json === '[{"_placeholder":true,"num":0}]'
      ? this.attachments[0]
      : undefined;
  }

  /** Returns a copy of the arguments, with the bytes in place. */
  args(): unknown[] {
    return decodeData(this.json, this.attachments);
  }

  /** Returns the form for a wire, and makes it at the first call. `wire` is any object that identifies the wire. */
  formFor<Form>(wire: object, make: (event: OutgoingEvent) => Form): Form {
    this.#forms ??= new Map();
    let form = this.#forms.get(wire) as Form | undefined;
    if (form === undefined) {
      form = make(this);
      this.#forms.set(wire, form);
    }
    return form;
  }

  /** Cuts the arguments out of the encoded text, which is `[<name>,<arguments>]` after the head of the packet. */
  #cut(): string {
    const packets = this.#packets ?? [];
    const unit = packets[0]?.unit as string;
    const head = eventHead(packets.length - 1);
    const nameAt = encodeText(head, this.#nsp, this.id, '[').length + 1;
    // A number has no quotes, and is `null` if it is not finite.
    const start =
      nameAt + (unit[nameAt] === '"' ? JSON.stringify(this.name).length : unit.slice(nameAt).search(/[,\]]/));
    const rest = unit.slice(start + 1);
    const offset = !this.isMarked ? '' : `${JSON.stringify(this.offset)}]`;
    if (rest === '' || rest === offset) return '[]';
    return offset === '' ? `[${rest}` : `[${rest.slice(0, rest.length - offset.length - 1)}]`;
  }
}

/** The beginning of an event's JSON, up to the end of its name. */
const NAME = /^\[("[^"\\]*(?:\\.[^"\\]*)*")/;

/** Returns the name in the JSON of an event. Its arguments are not parsed, because they may be large. */
export function nameIn(event: string): unknown {
  const [, name] = NAME.exec(event) ?? [];
  return name === undefined ? (JSON.parse(event) as unknown[])[0] : JSON.parse(name);
}

/** Parses a JSON array, and puts the bytes in the places of their placeholders. */
export function decodeData(json: string, attachments: readonly Bytes[]): unknown[] {
  return JSON.parse(json, (_key, value: unknown) => {
    const { _placeholder, num } = (value ?? {}) as { _placeholder?: unknown; num?: unknown };
    return _placeholder === true && typeof num === 'number' ? (attachments[num] ?? value) : value;
  }) as unknown[];
}
