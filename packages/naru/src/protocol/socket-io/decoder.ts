/** Reads packets of Socket.IO protocol 5 from units of text and bytes. socket.io-protocol, "Packet encoding". */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError, type ProtocolErrorCode } from '../../base/errors.js';
import { ARGUMENTS_MAX, isDeeper } from './depth.js';
import { PacketType, type SocketPacket } from './packet.js';

/** The bounds and rules of a decoder. */
export interface DecoderLimits {
  /**
   * The maximum number of attachments in a packet. @default 2000, twice a server's limit for clients, so that servers
   * can send on more than they received
   */
  attachmentsMax?: number;
  /** The minimum number of attachments that a binary packet may announce. @default 1 */
  attachmentsMin?: number;
  /**
   * The maximum size of all attachments of a packet in bytes. They wait in memory for the last one. @default Infinity
   */
  attachmentBytesMax?: number;
  /**
   * The maximum depth of arrays and objects in the data, including the outer array. @default 2000, twice a server's
   * limit for clients
   */
  depthMax?: number;
  /** Passed to JSON.parse. Its exceptions pass to the caller of `add`. */
  reviver?: (this: unknown, key: string, value: unknown) => unknown;
  /**
   * Tells whether `data` is valid for packets of `type`, which is never a binary type. @default the rules of protocol 5
   */
  accepts?: (type: number, data: unknown) => boolean;
}

/** A place in the data that waits for an attachment. */
interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** A packet that waits for attachments. Invariant: each slot occurs once in the data of the packet. */
interface Waiting {
  readonly packet: SocketPacket;
  readonly slots: readonly Slot[];
  count: number;
  bytes: number;
}

/**
 * The reserved event names. They report changes of the connection, and packets cannot carry them. socket.io-protocol.
 */
export const RESERVED_EVENTS: ReadonlySet<unknown> = new Set<unknown>([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

const RESERVED_LENGTHS = [...RESERVED_EVENTS].map((name) => String(name).length);
const RESERVED_LENGTH_MIN = Math.min(...RESERVED_LENGTHS);
const RESERVED_LENGTH_MAX = Math.max(...RESERVED_LENGTHS);
const ZERO = 48;
const SLASH = 47;
const DASH = 45;
const BRACKET = 91;
const SPACE = 32;

/**
 * Turns the units of a connection into packets. After a ProtocolError the decoder starts over: no packet waits for
 * attachments. All data comes from JSON.parse, so keys such as `__proto__` are own properties and do not change a
 * prototype.
 */
export class PacketDecoder {
  readonly #attachmentsMax: number;
  readonly #attachmentsMin: number;
  readonly #attachmentBytesMax: number;
  readonly #depthMax: number;
  readonly #reviver: DecoderLimits['reviver'];
  readonly #accepts: (type: number, data: unknown) => boolean;
  #waiting: Waiting | undefined;

  /** The default limits suit trusted peers. A server sets its own. */
  constructor(limits: DecoderLimits = {}) {
    this.#attachmentsMax = limits.attachmentsMax ?? 2_000;
    this.#attachmentsMin = limits.attachmentsMin ?? 1;
    this.#attachmentBytesMax = limits.attachmentBytesMax ?? Number.POSITIVE_INFINITY;
    this.#depthMax = limits.depthMax ?? 2_000;
    this.#reviver = limits.reviver;
    this.#accepts = limits.accepts ?? acceptsData;
  }

  /** Takes one unit and returns the packet that it completes. Attachments are put into the data without a copy. */
  add(unit: string | Bytes | ArrayBuffer): SocketPacket | undefined {
    if (typeof unit !== 'string') return this.#addAttachment(unit);
    if (this.#waiting) this.#fail('SIO_BAD_ATTACHMENTS', 'text where an attachment was due');
    return this.#decodeText(unit);
  }

  /** Drops a packet that waits for attachments. */
  reset(): void {
    this.#waiting = undefined;
  }

  #decodeText(text: string): SocketPacket | undefined {
    const wireType = text.charCodeAt(0) - ZERO;
    if (!(wireType >= 0 && wireType <= 6)) this.#fail('SIO_BAD_PACKET', 'unknown packet type');
    const isBinary = wireType >= PacketType.BINARY_EVENT;
    const type = isBinary ? wireType - 3 : wireType;
    let at = 1;
    let attachments = 0;
    if (isBinary) {
      at = digitsEnd(text, 1) + 1;
      attachments = this.#decodeCount(text, at - 1);
    }
    let nsp = '/';
    if (text.charCodeAt(at) === SLASH) {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      nsp = text.slice(at, end);
      at = end + 1;
    }
    const idEnd = digitsEnd(text, at);
    const id = idEnd > at ? decodeDigits(text, at, idEnd) : undefined;
    if (id !== undefined && id > Number.MAX_SAFE_INTEGER) this.#fail('SIO_BAD_PACKET', 'ack id too big');
    const data = idEnd < text.length ? this.#decodeData(type, text, idEnd) : undefined;
    if (!this.#accepts(type, data)) this.#fail('SIO_BAD_PACKET', `bad payload for packet type ${type}`);
    const packet: SocketPacket = { type, nsp, data, id };
    return isBinary ? this.#await(packet, attachments) : packet;
  }

  #decodeCount(text: string, end: number): number {
    const count = Number(text.slice(1, end));
    const hasLeadingZero = end > 2 && text.charCodeAt(1) === ZERO;
    if (text.charCodeAt(end) !== DASH || end === 1 || hasLeadingZero || count < this.#attachmentsMin) {
      this.#fail('SIO_BAD_ATTACHMENTS', `Illegal attachments: the count must be at least ${this.#attachmentsMin}`);
    }
    if (count > this.#attachmentsMax) {
      this.#fail('SIO_TOO_MANY_ATTACHMENTS', `more than ${this.#attachmentsMax} attachments`);
    }
    return count;
  }

  #decodeData(type: number, text: string, start: number): unknown {
    const first = text.charCodeAt(start);
    // Other parsers read white space here as an id, so it is never valid data.
    const isMeant = type === PacketType.EVENT || type === PacketType.ACK ? first === BRACKET : first > SPACE;
    if (!isMeant) this.#fail('SIO_BAD_PACKET', `bad payload for packet type ${type}`);
    const json = text.slice(start);
    let data: unknown;
    try {
      data = JSON.parse(json);
    } catch {
      this.#fail('SIO_BAD_PACKET', 'data is not JSON');
    }
    // A level takes two characters, so a short text cannot be too deep.
    if (json.length > 2 * this.#depthMax && isDeeper(data, this.#depthMax)) {
      this.#fail('SIO_TOO_DEEP', `data has more than ${this.#depthMax} levels`);
    }
    return this.#reviver ? JSON.parse(json, this.#reviver) : data;
  }

  #await(packet: SocketPacket, attachments: number): SocketPacket | undefined {
    const slots = findSlots(packet.data as object, attachments);
    if (!slots) return this.#fail('SIO_BAD_ATTACHMENTS', 'placeholders do not match the attachments');
    if (attachments === 0) return packet;
    this.#waiting = { packet, slots, count: 0, bytes: 0 };
    return undefined;
  }

  #addAttachment(unit: Bytes | ArrayBuffer): SocketPacket | undefined {
    const waiting = this.#waiting;
    if (!waiting) return this.#fail('SIO_BAD_ATTACHMENTS', 'an attachment that no packet waits for');
    waiting.bytes += unit.byteLength;
    if (waiting.bytes > this.#attachmentBytesMax) {
      this.#fail('SIO_TOO_MANY_ATTACHMENTS', `attachments of more than ${this.#attachmentBytesMax} bytes`);
    }
    const slot = waiting.slots[waiting.count] as Slot;
    // The holder has this own property already, so an assignment to a key `__proto__` does not change the prototype.
    slot.holder[slot.key] = unit;
    waiting.count += 1;
    if (waiting.count < waiting.slots.length) return undefined;
    this.#waiting = undefined;
    return waiting.packet;
  }

  #fail(code: ProtocolErrorCode, message: string): never {
    this.reset();
    throw new ProtocolError(code, message);
  }
}

/** Whether protocol 5 allows `data` in a packet of `type`. An event must not have a reserved name. */
export function acceptsData(type: number, data: unknown): boolean {
  const isList = Array.isArray(data) && data.length <= ARGUMENTS_MAX;
  switch (type) {
    case PacketType.EVENT: {
      const name: unknown = isList ? data[0] : undefined;
      return Number.isFinite(name) || (typeof name === 'string' && !isReserved(name));
    }
    case PacketType.ACK:
      return isList;
    case PacketType.CONNECT:
      return data === undefined || isObject(data);
    case PacketType.DISCONNECT:
      return data === undefined;
    default:
      return typeof data === 'string' || isObject(data);
  }
}

function isObject(data: unknown): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** Returns the index after the digits that start at `start`. */
function digitsEnd(text: string, start: number): number {
  for (let end = start; ; end += 1) {
    const digit = text.charCodeAt(end) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return end;
  }
}

/** Returns the number that digits stand for. It is inexact beyond MAX_SAFE_INTEGER, and may be Infinity. */
function decodeDigits(text: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at += 1) number = number * 10 + (text.charCodeAt(at) - ZERO);
  return number;
}

/** Whether an event name is reserved. The length rules out most names without a lookup. */
function isReserved(name: string): boolean {
  return name.length >= RESERVED_LENGTH_MIN && name.length <= RESERVED_LENGTH_MAX && RESERVED_EVENTS.has(name);
}

/**
 * Returns the places of the placeholders in `data` by number, or `undefined` unless each of the `count` placeholders
 * occurs exactly once.
 */
function findSlots(data: object, count: number): Slot[] | undefined {
  const slots: (Slot | undefined)[] = new Array(count).fill(undefined);
  const pending: object[] = [data];
  let found = 0;
  for (let holder = pending.pop(); holder; holder = pending.pop()) {
    for (const [key, value] of Object.entries(holder)) {
      if (typeof value !== 'object' || value === null) continue;
      if (value._placeholder !== true) {
        pending.push(value);
        continue;
      }
      const { num } = value;
      if (!Number.isInteger(num) || num < 0 || num >= count || slots[num]) return undefined;
      slots[num] = { holder: holder as Slot['holder'], key };
      found += 1;
    }
  }
  return found === count ? (slots as Slot[]) : undefined;
}
