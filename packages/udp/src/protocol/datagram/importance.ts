/** Tells Engine.IO packets that must arrive, and are therefore repeated, from packets that may be lost. */
import { MESSAGE } from 'naru/protocol';

const MESSAGE_CODE = MESSAGE.charCodeAt(0);
const EVENT = 0x32;
const BINARY_EVENT = 0x35;
const SLASH = 0x2f;
const COMMA = 0x2c;
const DASH = 0x2d;

/**
 * Whether a packet must arrive. This is true of Engine.IO packets other than messages (the heartbeat), and of CONNECT,
 * DISCONNECT, CONNECT_ERROR, acknowledgements, and events that ask for an acknowledgement. Other events may be lost.
 */
export function isImportant(unit: string): boolean {
  if (unit.charCodeAt(0) !== MESSAGE_CODE) return true;
  const type = unit.charCodeAt(1);
  if (type === EVENT) return hasAckId(unit, 2);
  if (type === BINARY_EVENT) return hasAckId(unit, skipDigits(unit, 2) + 1);
  // '0' CONNECT, '1' DISCONNECT, '3' ACK, '4' CONNECT_ERROR, '6' BINARY_ACK. Any other digit is not a packet of
  // Socket.IO.
  return type >= 0x30 && type <= 0x36;
}

/** Returns the number of attachments of a Socket.IO packet: the binary units that follow its text. */
export function attachmentCountOf(unit: string): number {
  const type = unit.charCodeAt(1);
  if (unit.charCodeAt(0) !== MESSAGE_CODE || (type !== BINARY_EVENT && type !== 0x36)) return 0;
  const end = skipDigits(unit, 2);
  return unit.charCodeAt(end) === DASH && end > 2 ? Number(unit.slice(2, end)) : 0;
}

function hasAckId(unit: string, start: number): boolean {
  let at = start;
  if (unit.charCodeAt(at) === SLASH) {
    while (at < unit.length && unit.charCodeAt(at) !== COMMA) at += 1;
    at += 1;
  }
  return isDigit(unit.charCodeAt(at));
}

function skipDigits(unit: string, start: number): number {
  let at = start;
  while (isDigit(unit.charCodeAt(at))) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
