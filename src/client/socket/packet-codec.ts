/**
 * Reads and writes the packets of Socket.IO 5, as protocol/socket-io does, in a third of its size, because every page loads
 * this: there are no limits to set, and JSON.parse itself finds the placeholders. socket.io-protocol, "Packet encoding".
 */
import { ConfigError, ProtocolError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { hasChecks } from '../features.js';
import { encodingError } from './encoding-error.js';
import { ACK, BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT } from './packet-type.js';

/** The names of the events that only the library emits. */
export const RESERVED_EVENTS = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

/**
 * In a session that can be recovered, events end with how far the server's log was read. Naru's servers end every event so, and
 * this is their form; others leave some out, and then the last argument is the application's. So theirs are passed on.
 */
export const OWN_OFFSET = /^[0-9a-z]{11}$/;

/** Type, attachment count, namespace and ack id. */
const HEAD = /^([0-6])(?:([1-9]\d*)-)?(?:(\/[^,]*),?)?(\d*)/;
const ATTACHMENTS_MAX = 1_000;

/** Bytes in one of the forms that a transport takes. */
type Attachment = ArrayBuffer | ArrayBufferView | Blob;

/**
 * Encodes a packet: its text, then its attachments. Throws NOT_ENCODABLE for what JSON cannot hold and for data that contains
 * itself or is too deep for the runtime.
 */
export function encodePacket(packet: SocketPacket): (string | Attachment)[] {
  const { type, nsp, data, id } = packet;
  const attachments: Attachment[] = [];
  try {
    const json = data ? JSON.stringify(detach(data, attachments)) : '';
    const head = attachments.length ? `${type + 3}${attachments.length}-` : type;
    return [`${head}${nsp === '/' ? '' : `${nsp},`}${id ?? ''}${json}`, ...attachments];
  } catch (error) {
    throw hasChecks ? encodingError(packet, error) : new ConfigError('NOT_ENCODABLE', String(error));
  }
}

/** A copy with placeholders for bytes; `value` itself where there are none. */
function detach(value: unknown, attachments: Attachment[], isJson?: boolean): unknown {
  if (typeof value !== 'object' || !value) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) {
    return { _placeholder: true, num: attachments.push(value) - 1 };
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function' && !isJson) return detach(toJSON.call(value), attachments, true);
  const count = attachments.length;
  const copy = Array.isArray(value)
    ? value.map((item) => detach(item, attachments))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, detach(item, attachments)]));
  return attachments.length > count ? copy : value;
}

/** Where an attachment belongs. */
type Slot = readonly [holder: Record<string, unknown>, key: string];

/** Turns what a connection carries into packets. After an error it is as new. */
export class ClientDecoder {
  #packet: SocketPacket | undefined;
  #slots: Slot[] = [];

  /** Forgets a packet whose attachments have not all come. */
  reset(): void {
    this.#slots = [];
  }

  /** Takes one unit; gives the packet that it completes. Throws SIO_BAD_PACKET, also for JSON that is too deep for the runtime. */
  add(unit: string | Uint8Array): SocketPacket | undefined {
    const slot = this.#slots.shift();
    const isText = typeof unit === 'string';
    if (isText === !!slot) this.#fail();
    if (isText) this.#packet = this.#decode(unit);
    // The property is the holder's own already, so a key `__proto__` is only a key here.
    else if (slot) slot[0][slot[1]] = unit;
    return this.#slots.length ? undefined : this.#packet;
  }

  #decode(text: string): SocketPacket {
    const [head, digit, digits, nsp = '/', id] = HEAD.exec(text) ?? this.#fail();
    const isBinary = Number(digit) >= BINARY_EVENT;
    const type = Number(digit) - (isBinary ? 3 : 0);
    const count = Number(digits ?? 0);
    const slots: (Slot | undefined)[] = new Array(isBinary && count <= ATTACHMENTS_MAX ? count : 0);
    let found = 0;
    const revive = function (this: Slot[0], key: string, value: { _placeholder?: unknown; num: number } | null) {
      if (value?._placeholder === true) {
        if (Number.isInteger(value.num)) slots[value.num] = [this, key];
        found += 1;
      }
      return value;
    };
    let data: unknown;
    try {
      if (head.length < text.length) data = JSON.parse(text.slice(head.length), isBinary ? revive : undefined);
    } catch {
      this.#fail();
    }
    // As many placeholders as attachments, none beyond, no slot without one: so each is filled once.
    const isComplete = isBinary === !!count && found === count && slots.length === count && !slots.includes(undefined);
    if (!isComplete || !Number.isSafeInteger(Number(id)) || !accepts(type, data)) this.#fail();
    this.#slots = slots as Slot[];
    return { type, nsp, data, id: id ? Number(id) : undefined };
  }

  #fail(): never {
    this.reset();
    throw new ProtocolError('SIO_BAD_PACKET', 'bad packet');
  }
}

/** The event of one message that came beside the ordered ones; `undefined` for what is broken, because nobody promised that it comes whole. */
export function decodeMessage(units: readonly (string | Uint8Array)[]): SocketPacket | undefined {
  const decoder = new ClientDecoder();
  let packet: SocketPacket | undefined;
  try {
    // A text starts with the type of its Engine.IO packet.
    for (const unit of units) packet = decoder.add(typeof unit === 'string' ? unit.slice(1) : unit);
  } catch {
    // See above.
    return undefined;
  }
  return packet?.type === EVENT ? packet : undefined;
}

function accepts(type: number, data: unknown): boolean {
  if (type === DISCONNECT) return data === undefined;
  if (Array.isArray(data)) {
    const [name] = data;
    const isName = typeof name === 'number' || (typeof name === 'string' && !RESERVED_EVENTS.test(name));
    return type === ACK || (type === EVENT && isName);
  }
  const isObject = typeof data === 'object' && data !== null;
  if (type === CONNECT) return isObject || data === undefined;
  return type === CONNECT_ERROR && (isObject || typeof data === 'string');
}
