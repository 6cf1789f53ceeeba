/**
 * Joins and splits the body of a long-polling request of Engine.IO 4. engine.io-protocol, "Packet encoding", HTTP
 * long-polling.
 */
import { type Bytes, decodeBase64, encodeBase64 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';

const SEPARATOR = '\x1e';

/** Joins units, each as a WebSocket would carry it. Bytes become `b` and base64. */
export function encodePayload(units: readonly (string | Bytes)[]): string {
  const first = units[0];
  if (units.length === 1 && typeof first === 'string') return first;
  let body = '';
  for (const unit of units) {
    if (body !== '') body += SEPARATOR;
    body += typeof unit === 'string' ? unit : `b${encodeBase64(unit)}`;
  }
  return body;
}

/**
 * Splits a body into units as a WebSocket would carry them. Throws EIO_BAD_PAYLOAD for an empty packet and bad base64,
 * and EIO_TOO_MANY_PACKETS beyond `packetsMax`. Does not check whether a text is a packet: `decodePacket` does.
 */
export function decodePayload(body: string, packetsMax: number): (string | Bytes)[] {
  const units: (string | Bytes)[] = [];
  for (let start = 0; start <= body.length; ) {
    if (units.length >= packetsMax) {
      throw new ProtocolError('EIO_TOO_MANY_PACKETS', `more than ${packetsMax} packets in a payload`);
    }
    const separator = body.indexOf(SEPARATOR, start);
    const end = separator < 0 ? body.length : separator;
    const text = body.slice(start, end);
    const unit = text[0] === 'b' ? decodeBase64(text.slice(1)) : text;
    if (unit === undefined || text === '') throw new ProtocolError('EIO_BAD_PAYLOAD', 'empty packet or bad base64');
    units.push(unit);
    start = end + 1;
  }
  return units;
}
