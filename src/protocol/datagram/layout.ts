/** The layout of Naru's datagrams, version 1: kinds, sizes, and the header and tag that every one of a session has. docs/udp.md. */
import type { Bytes } from '../../base/bytes.js';
import { readUint32, writeUint32 } from '../bytes.js';

/** The most bytes of one datagram, which pass the Internet without being cut: IPv6 carries 1,280 with its headers. */
export const DATAGRAM_BYTES_MAX = 1_200;
/** The fewest bytes of a HELLO: no answer to it is longer. */
export const HELLO_BYTES_MIN = 64;
/** Bytes of a nonce. */
export const NONCE_BYTES = 16;
/** Bytes of a cookie, which proves an address. */
export const COOKIE_BYTES = 16;
/** Bytes of a lane's one-time token. */
export const TOKEN_BYTES = 16;
/** Bytes of a public key, RFC 7748. */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of a key that authenticates one direction. */
export const KEY_BYTES = 32;
/** Bytes at the end that authenticate the rest: HMAC-SHA-256-128 of RFC 4868. */
export const TAG_BYTES = 16;
/** Bytes of the number of a control datagram. */
export const NUMBER_BYTES = 4;
/** Bytes of what proves a new address of a session. */
export const PATH_TOKEN_BYTES = 6;

const ID_BYTES = 6;
const ID_AT = 1;
const SEQUENCE_AT = ID_AT + ID_BYTES;

/** Bytes before the body of a session's datagram: kind, connection id, sequence number. */
export const HEADER_BYTES = SEQUENCE_AT + ID_BYTES;
/** The most bytes of records in one datagram of data. */
export const DATA_BYTES_MAX = DATAGRAM_BYTES_MAX - HEADER_BYTES - TAG_BYTES;
/** The most bytes of records in one control datagram. */
export const CONTROL_BYTES_MAX = DATA_BYTES_MAX - NUMBER_BYTES;

/** The kind of a datagram, which is its first byte: the version in the upper half. */
export const Kind = Object.freeze({
  HELLO: 0x11,
  CHALLENGE: 0x12,
  CONNECT: 0x13,
  ACCEPT: 0x14,
  REFUSE: 0x15,
  DATA: 0x16,
  CONTROL: 0x17,
  ACK: 0x18,
  PATH_CHALLENGE: 0x19,
  PATH_RESPONSE: 0x1a,
  CLOSE: 0x1b,
});

/** Writes the header of a session's datagram at `at`. */
export function writeHeader(target: Bytes, at: number, kind: number, id: number, sequence: number): void {
  target[at] = kind;
  writeUint48(target, at + ID_AT, id);
  writeUint48(target, at + SEQUENCE_AT, sequence);
}

/** The connection id of a session's datagram, which has to be as long as a header. */
export function readId(datagram: Bytes): number {
  return readUint48(datagram, ID_AT);
}

/** The sequence number of a session's datagram, which has to be as long as a header. */
export function readSequence(datagram: Bytes): number {
  return readUint48(datagram, SEQUENCE_AT);
}

/** Writes an integer of 48 bits, big-endian. */
export function writeUint48(target: Bytes, at: number, value: number): void {
  writeUint32(target, at + 2, value % 0x1_0000_0000);
  const high = Math.floor(value / 0x1_0000_0000);
  target[at] = high >>> 8;
  target[at + 1] = high;
}

/** Reads an integer of 48 bits, big-endian. */
export function readUint48(bytes: Bytes, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return high * 0x1_0000_0000 + readUint32(bytes, at + 2);
}
