/**
 * Joins and splits the body of a long-polling request of Engine.IO 3, in its text form and its binary form. Its packets
 * differ from those of version 4 in the type byte before binary data.
 */
import { type Bytes, concatBytes, decodeBase64, encodeBase64, encodeUtf8 } from '../../../base/bytes.js';
import { ProtocolError } from '../../../base/errors.js';
import { ENGINE_PACKET_TYPES } from '../packet.js';

// Larger packets than 999 MB are invalid. The bound also keeps lengths exact as numbers.
const LENGTH_DIGITS_MAX = 9;
const LENGTH_END = 255;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Joins units, each as a WebSocket would carry it, into text: `<length>:<packet>`. The length counts UTF-16 code units.
 */
export function encodePayload(units: readonly (string | Bytes)[]): string {
  if (units.length === 0) return '0:';
  let body = '';
  for (const unit of units) {
    const text = typeof unit === 'string' ? unit : encodeBase64Unit(unit);
    body += `${text.length}:${text}`;
  }
  return body;
}

/** Writes a binary unit as text, for clients that do not take bytes: `b`, the digit of the type, base64. */
export function encodeBase64Unit(unit: Bytes): string {
  return `b${unit[0]}${encodeBase64(unit.subarray(1))}`;
}

/**
 * Joins units into bytes: 0 for text or 1 for bytes, the decimal digits of the size as one byte each, 255, the packet.
 */
export function encodeBinaryPayload(units: readonly (string | Bytes)[]): Bytes {
  const parts: Bytes[] = [];
  for (const unit of units) {
    const bytes = typeof unit === 'string' ? encodeUtf8(unit) : unit;
    const digits = Array.from(String(bytes.byteLength), Number);
    parts.push(Uint8Array.from([typeof unit === 'string' ? 0 : 1, ...digits, LENGTH_END]), bytes);
  }
  return concatBytes(parts);
}

/**
 * Splits text into units as a WebSocket would carry them. Throws EIO_BAD_PAYLOAD, and EIO_TOO_MANY_PACKETS beyond
 * `packetsMax`.
 */
export function decodePayload(body: string, packetsMax: number): (string | Bytes)[] {
  const units: (string | Bytes)[] = [];
  if (body === '') throw badPayload('empty');
  for (let at = 0; at < body.length; ) {
    const colon = body.indexOf(':', at);
    const digits = body.slice(at, Math.min(colon, at + LENGTH_DIGITS_MAX + 1));
    if (colon < 0 || !/^\d+$/.test(digits) || digits.length > LENGTH_DIGITS_MAX) throw badPayload('bad length');
    const end = colon + 1 + Number(digits);
    if (end > body.length) throw badPayload('packet cut short');
    // A server with nothing to send writes `0:`.
    if (end > colon + 1) {
      const text = body.slice(colon + 1, end);
      addUnit(units, text[0] === 'b' ? decodeBase64Unit(text) : text, packetsMax);
    }
    at = end;
  }
  return units;
}

/** Splits the binary form into units as a WebSocket would carry them. Throws like `decodePayload`. */
export function decodeBinaryPayload(body: Bytes, packetsMax: number): (string | Bytes)[] {
  const units: (string | Bytes)[] = [];
  if (body.byteLength === 0) throw badPayload('empty');
  for (let at = 0; at < body.byteLength; ) {
    const kind = body[at];
    const lengthEnd = body.indexOf(LENGTH_END, at + 1);
    const digitsCount = lengthEnd - at - 1;
    if ((kind !== 0 && kind !== 1) || digitsCount < 1 || digitsCount > LENGTH_DIGITS_MAX)
      throw badPayload('bad header');
    let size = 0;
    for (const digit of body.subarray(at + 1, lengthEnd)) {
      if (digit > 9) throw badPayload('bad length');
      size = size * 10 + digit;
    }
    const end = lengthEnd + 1 + size;
    if (size === 0 || end > body.byteLength) throw badPayload('empty packet or packet cut short');
    const bytes = body.subarray(lengthEnd + 1, end);
    addUnit(units, kind === 0 ? decodeText(bytes) : bytes, packetsMax);
    at = end;
  }
  return units;
}

function addUnit(units: (string | Bytes)[], unit: string | Bytes, packetsMax: number): void {
  if (units.length >= packetsMax) {
    throw new ProtocolError('EIO_TOO_MANY_PACKETS', `more than ${packetsMax} packets in a payload`);
  }
  units.push(unit);
}

/** Reads the text of `encodeBase64Unit` as a binary unit. */
function decodeBase64Unit(text: string): Bytes {
  const type = text.charCodeAt(1) - 48;
  const data = ENGINE_PACKET_TYPES[type] && decodeBase64(text.slice(2));
  if (!data) throw badPayload('bad base64');
  return concatBytes([Uint8Array.of(type), data]);
}

function decodeText(bytes: Bytes): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badPayload('bad UTF-8');
  }
}

function badPayload(what: string): ProtocolError {
  return new ProtocolError('EIO_BAD_PAYLOAD', `bad payload: ${what}`);
}
