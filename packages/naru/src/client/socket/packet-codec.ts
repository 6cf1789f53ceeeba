/**
 * Reads and writes the packets of Socket.IO 5. It is a third of the size of protocol/socket-io, because every page
 * loads it: its limits are fixed, and JSON.parse itself finds the placeholders. socket.io-protocol, "Packet encoding".
 */
import { ConfigError, ProtocolError } from '../../base/errors.js';
import { ARGUMENTS_MAX } from '../../protocol/socket-io/depth.js';
import { encodingError } from '../../protocol/socket-io/encoding-error.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { EVENT } from '../../protocol/socket-io/packet-type.js';
import { hasChecks, hasNode } from '../features.js';

/** The names of the events that only the library emits. */
export const RESERVED_EVENTS = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

/**
 * Matches the offset of a Naru server. In a recoverable session, the last argument of an event is its offset in the
 * server's log. Naru's servers add one to every event. Other servers leave some out, so the last argument may be the
 * application's, and the client passes it on.
 */
export const OWN_OFFSET = /^[0-9a-z]{11}$/;

/** The type, the count of attachments, the namespace, and the ack id, which has at most 15 digits. */
const HEAD = /^(\d)(?:([1-9]\d*)-)?(?:(\/[^,]*),?)?(\d{0,15})/;
/**
 * The types with what they may carry, by the first letter of its `typeof`. An array is an `a`, with the `typeof` of its
 * first item. A `b` stands for attachments.
 */
const VALID = /^(0[ou]|1u|(2|5b)a[ns]|(3|6b)a|4[os])/;
const ATTACHMENTS_MAX = 1_000;

/** Bytes in a form that a transport accepts. */
type Attachment = ArrayBuffer | ArrayBufferView | Blob;

/**
 * Encodes a packet: its text, then its attachments. Throws NOT_ENCODABLE for values that JSON cannot hold, and for data
 * that contains itself or is too deeply nested for the runtime.
 */
export function encodePacket(packet: SocketPacket): (string | Attachment)[] {
  const { type, nsp, data, id } = packet;
  const attachments: Attachment[] = [];
  /** Replaces bytes by placeholders. `value` is what `toJSON` gave, which bytes may have too. */
  const detach = function (this: Record<string, unknown>, key: string, value: unknown): unknown {
    const raw = this[key];
    const bytes = isAttachment(raw) ? raw : value;
    return isAttachment(bytes) ? { _placeholder: true, num: attachments.push(bytes) - 1 } : value;
  };
  try {
    const json = data ? JSON.stringify(data, detach) : '';
    const head = attachments.length ? `${type + 3}${attachments.length}-` : type;
    return [`${head}${nsp === '/' ? '' : `${nsp},`}${id ?? ''}${json}`, ...attachments];
  } catch (error) {
    throw hasChecks ? encodingError(packet, error) : new ConfigError('NOT_ENCODABLE', String(error));
  }
}

/** Returns the bytes of an encoded packet. */
export function sizeOf(units: readonly unknown[]): number {
  let bytes = 0;
  for (const unit of units as readonly Partial<Uint8Array & Blob>[])
    bytes += (unit.byteLength ?? unit.size ?? unit.length) as number;
  return bytes;
}

function isAttachment(value: unknown): value is Attachment {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob;
}

/** The place of an attachment in its packet, and its number. */
type Slot = readonly [holder: Record<string, unknown>, key: string, num: number];

/** Decodes the units of a connection into packets. After an error it starts over. */
export class ClientDecoder {
  #packet: SocketPacket | undefined;
  #slots: Slot[] = [];

  /** Forgets a packet whose attachments have not all arrived. */
  destroy(): void {
    this.#slots = [];
  }

  /**
   * Takes one unit and returns the packet that it completes. Throws SIO_BAD_PACKET, also for JSON that is too deeply
   * nested for the runtime.
   */
  add(unit: unknown): SocketPacket | undefined {
    const slot = this.#slots.shift();
    const isText = typeof unit === 'string';
    if (isText === !!slot) this.#fail();
    if (isText) this.#packet = this.#decode(unit);
    // The holder already has this property as its own, so the key `__proto__` is harmless here.
    else if (slot) slot[0][slot[1]] = unit;
    return this.#slots.length ? undefined : this.#packet;
  }

  #decode(text: string): SocketPacket {
    const [head, digit, count, nsp = '/', id] = HEAD.exec(text) ?? this.#fail();
    const type = Number(digit) - (count ? 3 : 0);
    const slots: Slot[] = [];
    const revive = function (this: Slot[0], key: string, value: { _placeholder?: unknown; num: unknown } | null) {
      if (value?._placeholder === true) slots.push([this, key, value.num as number]);
      return value;
    };
    let data: unknown;
    try {
      if (head.length < text.length) data = JSON.parse(text.slice(head.length), count ? revive : undefined);
    } catch {
      this.#fail();
    }
    // In a page, a listener that cannot be called ends nothing.
    const isList = Array.isArray(data) && (!hasNode || data.length <= ARGUMENTS_MAX);
    const kind = isList ? `a${typeof (data as unknown[])[0]}` : data === null || typeof data;
    if (
      !VALID.test(`${digit}${count ? 'b' : ''}${kind}`) ||
      (type === EVENT && RESERVED_EVENTS.test((data as string[])[0] as string)) ||
      // The placeholders must match the attachments one to one, so that each slot is filled exactly once.
      slots.length !== Number(count ?? 0) ||
      slots.length > ATTACHMENTS_MAX ||
      slots.sort(([, , a], [, , b]) => a - b).some(([, , num], at) => num !== at)
    )
      this.#fail();
    this.#slots = slots;
    return { type, nsp, data, id: id ? Number(id) : undefined };
  }

  #fail(): never {
    this.destroy();
    throw new ProtocolError('SIO_BAD_PACKET', 'bad packet');
  }
}

/**
 * Returns the event of a message from outside the ordered stream. Such a message may arrive incomplete, and then the
 * result is `undefined`.
 */
export function decodeMessage(units: readonly (string | Uint8Array)[]): SocketPacket | undefined {
  const decoder = new ClientDecoder();
  let packet: SocketPacket | undefined;
  try {
    // A text starts with the type of its Engine.IO packet.
    for (const unit of units) packet = decoder.add(typeof unit === 'string' ? unit.slice(1) : unit);
  } catch {
    // The message is incomplete or malformed.
    return undefined;
  }
  return packet?.type === EVENT ? packet : undefined;
}
