/** Reads frame headers and checks them. RFC 6455, section 5.2. */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { readUint32 } from '../bytes.js';
import { CONTROL_BYTES_MAX, FIN, OPCODE, RSV1 } from './frame.js';
import type { IsUtf8 } from './utf8.js';

/** The rules of a decoder. One frozen object serves all connections with the same settings. */
export interface DecoderRules {
  /** Whether frames must be masked (a client's) or must not be masked (a server's). RFC 6455, section 5.1. */
  readonly isMasked: boolean;
  /** Whether messages may be compressed, because permessage-deflate was negotiated. */
  readonly allowCompressed: boolean;
  /** The maximum size of a message in bytes. */
  readonly messageBytesMax: number;
  /** The name of the option of that limit, for the error. */
  readonly limitName?: string | undefined;
  /** The maximum number of frames of a message. */
  readonly fragmentsMax: number;
  /** The UTF-8 check of the platform, if it has one. */
  readonly isUtf8: IsUtf8 | undefined;
}

/** The last header read. All decoders share it: each one uses it before another can read a header. */
export const header = { first: 0, payloadSize: 0, key: 0 };

/** The maximum size of a header in bytes, including the masking key. */
export const HEADER_BYTES_MAX = 14;

const RESERVED_BITS = 0x30;
const TWO_32 = 0x1_0000_0000;

/** Reads the header at `at` into `header` and returns its size, or 0 when it is incomplete. */
export function readHeader(bytes: Bytes, at: number, end: number): number {
  if (end - at < 2) return 0;
  const second = bytes[at + 1] as number;
  const sizeCode = second & 0x7f;
  const isMasked = second >= 0x80;
  const sizeEnd = sizeCode < 126 ? 2 : sizeCode === 126 ? 4 : 10;
  const size = isMasked ? sizeEnd + 4 : sizeEnd;
  if (end - at < size) return 0;
  header.first = bytes[at] as number;
  if (sizeCode < 126) header.payloadSize = sizeCode;
  else if (sizeCode === 126) header.payloadSize = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  else header.payloadSize = readUint32(bytes, at + 2) * TWO_32 + readUint32(bytes, at + 6);
  header.key = isMasked ? readUint32(bytes, at + sizeEnd) | 0 : 0;
  return size;
}

/**
 * Checks a header, even an incomplete one, as far as its bytes have arrived. Returns the rule that it breaks, or
 * `undefined`. `opcode` is the opcode of the message in progress, or 0.
 */
export function checkHeader(
  bytes: Bytes,
  at: number,
  end: number,
  rules: DecoderRules,
  opcode: number,
): ProtocolError | undefined {
  const first = bytes[at] as number;
  const error = checkFirst(first, rules, opcode);
  if (error !== undefined || end - at < 2) return error;
  const second = bytes[at + 1] as number;
  if (second >= 0x80 !== rules.isMasked) {
    return bad(rules.isMasked ? 'a client must mask its frames' : 'a server must not mask its frames');
  }
  const sizeCode = second & 0x7f;
  if ((first & 0x08) !== 0) {
    if (sizeCode > CONTROL_BYTES_MAX) return bad('a control frame with more than 125 bytes');
    if (sizeCode === 1 && (first & 0x0f) === OPCODE.close) return bad('a close frame with a payload of 1 byte');
  }
  if (sizeCode === 126 && end - at >= 4 && (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) < 126) {
    return bad('a payload size in more bytes than it needs');
  }
  if (sizeCode === 127 && end - at >= 10) {
    const high = readUint32(bytes, at + 2);
    if (high >= 0x8000_0000) return bad('a payload size of 2^63 bytes or more');
    if (high === 0 && readUint32(bytes, at + 6) < 0x1_0000) return bad('a payload size in more bytes than it needs');
  }
  return undefined;
}

function checkFirst(first: number, rules: DecoderRules, messageOpcode: number): ProtocolError | undefined {
  const opcode = first & 0x0f;
  if ((first & RESERVED_BITS) !== 0) return bad('a reserved bit is set');
  if ((first & RSV1) !== 0 && !(rules.allowCompressed && (opcode === OPCODE.text || opcode === OPCODE.binary))) {
    return bad('the bit for compression is set where it may not be');
  }
  if (opcode >= OPCODE.close) {
    if (opcode > OPCODE.pong) return bad(`opcode ${opcode} is reserved`);
    return first >= FIN ? undefined : bad('a control frame is fragmented');
  }
  if (opcode > OPCODE.binary) return bad(`opcode ${opcode} is reserved`);
  if (opcode === OPCODE.continuation) {
    return messageOpcode === 0 ? bad('a continuation without a message to continue') : undefined;
  }
  return messageOpcode === 0 ? undefined : bad('a new message inside a fragmented one');
}

function bad(message: string): ProtocolError {
  return new ProtocolError('WS_BAD_FRAME', message);
}
