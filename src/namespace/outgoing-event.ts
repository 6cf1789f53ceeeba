/** An event on its way out, as wires other than Socket.IO's write it: each makes its form once, for all who get it. */
import type { Bytes } from '../base/bytes.js';
import { detachBinary } from '../protocol/socket-io/binary.js';
import { encodeJson, encodeText, PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { Room } from './target.js';

/** Where an event goes, and where it stands in the log. */
export interface EventDetails {
  /** The rooms it was sent to; of an event to everybody or to one socket alone, none, or the socket's own. */
  readonly rooms: ReadonlySet<Room>;
  /** Its offset in the log of the namespace, if there is one. */
  readonly offset: string | undefined;
  /** Whether its encoding ends with the offset, as it does for clients that recover. @default true */
  readonly isMarked?: boolean;
  /** What the wire that brought it left in the target. */
  readonly origin?: unknown;
}

const NO_ROOMS: ReadonlySet<Room> = new Set();
const NO_ATTACHMENTS: readonly Bytes[] = [];
const ALONE: EventDetails = { rooms: NO_ROOMS, offset: undefined };

/** An event. Its data is what it was when it was emitted, whatever the application does to it afterwards. */
export class OutgoingEvent implements EventDetails {
  /** Its name. */
  readonly name: string;
  /** Asks for an acknowledgement with this id. */
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

  /** An event that Socket.IO's own format has been made of: `packets` are its text and its attachments. */
  static ofEncoded(packet: SocketPacket, packets: readonly EncodedPacket[], details: EventDetails): OutgoingEvent {
    const event = new OutgoingEvent(packet, details);
    event.#packets = packets;
    return event;
  }

  /** An event to one socket alone. Throws ConfigError for data that cannot be encoded. */
  static of(packet: SocketPacket, details: EventDetails = ALONE): OutgoingEvent {
    const event = new OutgoingEvent(packet, details);
    const attachments: (Bytes | Blob)[] = [];
    event.#json = encodeJson(detachBinary((packet.data as readonly unknown[]).slice(1), attachments));
    event.#attachments = attachments as Bytes[];
    return event;
  }

  /** The JSON of the list of its arguments; where bytes stand, `{"_placeholder":true,"num":n}`, n being the place in `attachments`. */
  get json(): string {
    this.#json ??= this.#cut();
    return this.#json;
  }

  /** The bytes among its arguments. */
  get attachments(): readonly Bytes[] {
    if (this.#attachments === undefined) {
      const packets = this.#packets ?? [];
      this.#attachments = packets.length > 1 ? packets.slice(1).map(({ unit }) => unit as Bytes) : NO_ATTACHMENTS;
    }
    return this.#attachments;
  }

  /** The bytes that are its only argument, if that is so. */
  get soleBytes(): Bytes | undefined {
    return this.attachments.length === 1 && this.json === '[{"_placeholder":true,"num":0}]'
      ? this.attachments[0]
      : undefined;
  }

  /** A copy of its arguments, with the bytes in place. */
  args(): unknown[] {
    return decodeData(this.json, this.attachments);
  }

  /** The form of a wire, made at the first call; `wire` is any object that stands for the wire, the same at each call. */
  formFor<Form>(wire: object, make: (event: OutgoingEvent) => Form): Form {
    this.#forms ??= new Map();
    let form = this.#forms.get(wire) as Form | undefined;
    if (form === undefined) {
      form = make(this);
      this.#forms.set(wire, form);
    }
    return form;
  }

  /** The arguments out of the encoded text, which is `[<name>,<arguments>]` behind the head of the packet. */
  #cut(): string {
    const packets = this.#packets ?? [];
    const unit = packets[0]?.unit as string;
    const count = packets.length - 1;
    const head = count > 0 ? `${PacketType.BINARY_EVENT}${count}-` : PacketType.EVENT;
    const start = encodeText(head, this.#nsp, this.id, '[').length + 1 + JSON.stringify(this.name).length;
    const rest = unit.slice(start + 1);
    const offset = !this.isMarked ? '' : `${JSON.stringify(this.offset)}]`;
    if (rest === '' || rest === offset) return '[]';
    return offset === '' ? `[${rest}` : `[${rest.slice(0, rest.length - offset.length - 1)}]`;
  }
}

/** The list that a JSON stands for, with bytes in the places of their placeholders. */
export function decodeData(json: string, attachments: readonly Bytes[]): unknown[] {
  return JSON.parse(json, (_key, value: unknown) => {
    const { _placeholder, num } = (value ?? {}) as { _placeholder?: unknown; num?: unknown };
    return _placeholder === true && typeof num === 'number' ? (attachments[num] ?? value) : value;
  }) as unknown[];
}
