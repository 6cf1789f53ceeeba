/**
 * The layout of Naru's datagrams, version 1: kinds, sizes, and the header and tag of a session's datagrams.
 * docs/udp.md.
 */
import type { Bytes } from 'naru/base';
import { readUint32, writeUint32 } from 'naru/protocol';

/**
 * The maximum size of a datagram in bytes. It passes the Internet without fragmentation: IPv6 carries 1,280 bytes
 * including headers.
 */
export const DATAGRAM_BYTES_MAX = 1_200;
/** The minimum size of a HELLO in bytes. No answer to a HELLO is longer. */
export const HELLO_BYTES_MIN = 64;
/** Bytes of a nonce. */
export const NONCE_BYTES = 16;
/** Bytes of a cookie, which proves an address. */
export const COOKIE_BYTES = 16;
/** Bytes of a lane's one-time token. */
export const TOKEN_BYTES = 16;
/** Bytes of a public key (RFC 7748). */
export const PUBLIC_KEY_BYTES = 32;
/** Bytes of a key that authenticates one direction. */
export const KEY_BYTES = 32;
/** Bytes of the tag at the end, which authenticates the rest: HMAC-SHA-256-128 of RFC 4868. */
export const TAG_BYTES = 16;
/** Bytes of the number of a control datagram. */
export const NUMBER_BYTES = 4;
/** Bytes of the token that proves a new address of a session. */
export const PATH_TOKEN_BYTES = 6;

const ID_BYTES = 6;
const ID_AT = 1;
const SEQUENCE_AT = ID_AT + ID_BYTES;

/** Bytes of the header of a session's datagram: kind, connection id, sequence number. */
export const HEADER_BYTES = SEQUENCE_AT + ID_BYTES;
/** The maximum bytes of records in one DATA datagram. */
export const DATA_BYTES_MAX = DATAGRAM_BYTES_MAX - HEADER_BYTES - TAG_BYTES;
/** The maximum bytes of records in one CONTROL datagram. */
export const CONTROL_BYTES_MAX = DATA_BYTES_MAX - NUMBER_BYTES;

/** The kind of a datagram, its first byte. The upper four bits are the version. */
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

/** Returns the connection id of a session's datagram, which must have at least `HEADER_BYTES` bytes. */
export function readId(datagram: Bytes): number {
  return readUint48(datagram, ID_AT);
}

/** Returns the sequence number of a session's datagram, which must have at least `HEADER_BYTES` bytes. */
export function readSequence(datagram: Bytes): number {
  return readUint48(datagram, SEQUENCE_AT);
}

/** Writes a 48-bit integer, big-endian. */
export function writeUint48(target: Bytes, at: number, value: number): void {
  writeUint32(target, at + 2, value % 0x1_0000_0000);
  const high = Math.floor(value / 0x1_0000_0000);
  target[at] = high >>> 8;
  target[at + 1] = high;
}

/** Reads an unsigned 48-bit integer, big-endian. */
export function readUint48(bytes: Bytes, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return high * 0x1_0000_0000 + readUint32(bytes, at + 2);
}
