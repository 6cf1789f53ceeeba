/**
 * Reads and writes the payload of a close frame. RFC 6455, sections 5.5.1 and 7.4; the IANA registry of close codes.
 */
import { type Bytes, encodeUtf8 } from '../../base/bytes.js';
import { ConfigError, ProtocolError, type ProtocolErrorCode, shown } from '../../base/errors.js';
import { allocateBytes, sliceUtf8 } from '../bytes.js';
import { CONTROL_BYTES_MAX } from './frame.js';
import { UTF8_START, validateUtf8 } from './utf8.js';

/** The close codes that Naru knows by name. */
export const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  /** The close frame had no code. Never sent on the wire. */
  noStatus: 1005,
  /** The connection ended without a close frame. Never sent on the wire. */
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  mandatoryExtension: 1010,
  internalError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  badGateway: 1014,
} as const;

/** The maximum size of the reason of a close frame in bytes. */
export const CLOSE_REASON_BYTES_MAX = CONTROL_BYTES_MAX - 2;

/** The content of a close frame. Without a payload, the code is `noStatus` and the reason is empty. */
export interface CloseStatus {
  readonly code: number;
  readonly reason: string;
}

/** Whether a close frame may carry a code: 1000 to 1014 without the reserved codes, or 3000 to 4999. */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/**
 * Encodes the payload of a close frame. A long reason is cut between characters. Throws a ConfigError for an invalid
 * code or reason.
 */
export function encodeClosePayload(code?: number, reason = ''): Bytes {
  if (code === undefined) return allocateBytes(0);
  if (!isCloseCode(code)) {
    const got = typeof code === 'number' ? code : shown(code);
    throw new ConfigError('BAD_ARGUMENT', `close code ${got} may not be sent: use 1000 or one from 3000 to 4999`);
  }
  if (typeof reason !== 'string') {
    throw new ConfigError('BAD_ARGUMENT', `the reason of a close must be a string, got ${shown(reason)}`);
  }
  const text = encodeUtf8(reason);
  let size = text.byteLength;
  if (size > CLOSE_REASON_BYTES_MAX) {
    size = CLOSE_REASON_BYTES_MAX;
    while (((text[size] ?? 0) & 0xc0) === 0x80) size -= 1;
  }
  const payload = allocateBytes(2 + size);
  payload[0] = code >>> 8;
  payload[1] = code;
  payload.set(text.subarray(0, size), 2);
  return payload;
}

/** Reads the payload of a close frame: its code and reason, or the rule that it breaks. */
export function decodeClosePayload(payload: Bytes): CloseStatus | ProtocolError {
  const size = payload.byteLength;
  if (size === 0) return { code: CLOSE_CODE.noStatus, reason: '' };
  if (size === 1) return new ProtocolError('WS_BAD_FRAME', 'a close frame with a payload of 1 byte');
  const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (!isCloseCode(code)) return new ProtocolError('WS_BAD_CLOSE_CODE', `close code ${code} is not allowed`);
  if (validateUtf8(UTF8_START, payload, 2, size) !== UTF8_START) {
    return new ProtocolError('WS_BAD_UTF8', 'the reason of a close frame is not UTF-8');
  }
  return { code, reason: sliceUtf8(payload, 2, size) };
}

// All other errors close with `protocolError`.
const CODES: Readonly<Partial<Record<ProtocolErrorCode, number>>> = {
  WS_BAD_UTF8: CLOSE_CODE.invalidPayload,
  WS_BAD_DEFLATE: CLOSE_CODE.invalidPayload,
  WS_MESSAGE_TOO_BIG: CLOSE_CODE.messageTooBig,
  WS_TOO_MANY_FRAGMENTS: CLOSE_CODE.policyViolation,
};

/** Returns the close code that tells a peer which kind of rule it broke. */
export function closeCodeOf(code: ProtocolErrorCode): number {
  return CODES[code] ?? CLOSE_CODE.protocolError;
}
