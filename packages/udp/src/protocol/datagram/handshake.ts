/**
 * The datagrams of the handshake. HELLO and CHALLENGE prove an address. CONNECT and ACCEPT (or REFUSE) open a session.
 * docs/udp.md.
 */
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8 } from 'naru/base';
import {
  COOKIE_BYTES,
  HELLO_BYTES_MIN,
  Kind,
  NONCE_BYTES,
  PUBLIC_KEY_BYTES,
  readUint48,
  TAG_BYTES,
  TOKEN_BYTES,
  writeUint48,
} from './layout.js';

/** Bit of `flags`: a public key follows. */
const HAS_PUBLIC_KEY = 1;
/** Bit of `flags`: a lane's token follows. */
const HAS_TOKEN = 2;

const NONCE_AT = 1;
const COOKIE_AT = NONCE_AT + NONCE_BYTES;
const CONNECT_FLAGS_AT = COOKIE_AT + COOKIE_BYTES;
const ACCEPT_ID_AT = NONCE_AT + NONCE_BYTES;
const ACCEPT_FLAGS_AT = ACCEPT_ID_AT + 6;
const REFUSE_CODE_AT = NONCE_AT + NONCE_BYTES;

/** Why a server refuses. */
export const RefusalCode = Object.freeze({
  /** There are too many sessions, or too many new ones per second. A later attempt may succeed. */
  FULL: 1,
  /** The server requires a secret that the client does not have, or a key exchange. */
  KEY: 2,
  /** The lane's token is unknown, used or too old. */
  TOKEN: 3,
  /** The server is closing. */
  CLOSED: 4,
});

/** A decoded CONNECT. All parts are views of the datagram. */
export interface Connect {
  readonly nonce: Bytes;
  readonly cookie: Bytes;
  readonly publicKey: Bytes | undefined;
  readonly token: Bytes | undefined;
  /** The range of its records in the datagram. */
  readonly start: number;
  readonly end: number;
}

/** A decoded ACCEPT. All parts are views of the datagram. */
export interface Accept {
  readonly nonce: Bytes;
  readonly id: number;
  readonly publicKey: Bytes | undefined;
  /** The range of its records in the datagram. */
  readonly start: number;
  readonly end: number;
}

/** The content of a REFUSE. */
export interface Refuse {
  readonly nonce: Bytes;
  readonly code: number;
  readonly message: string;
}

/** Encodes a HELLO, padded so that no answer is longer than it. */
export function encodeHello(nonce: Bytes): Bytes {
  return join(Kind.HELLO, [nonce], HELLO_BYTES_MIN - NONCE_AT - nonce.byteLength);
}

/** Reads the nonce of a HELLO. Returns `undefined` for a datagram that is too short to be answered. */
export function decodeHello(datagram: Bytes): Bytes | undefined {
  return datagram.byteLength < HELLO_BYTES_MIN ? undefined : nonceOf(datagram);
}

/** Encodes a CHALLENGE, the answer to a HELLO. */
export function encodeChallenge(nonce: Bytes, cookie: Bytes): Bytes {
  return join(Kind.CHALLENGE, [nonce, cookie], 0);
}

/** Reads a CHALLENGE. Returns `undefined` for a datagram of the wrong size. */
export function decodeChallenge(datagram: Bytes): { nonce: Bytes; cookie: Bytes } | undefined {
  if (datagram.byteLength !== CONNECT_FLAGS_AT) return undefined;
  return { nonce: nonceOf(datagram), cookie: datagram.subarray(COOKIE_AT, CONNECT_FLAGS_AT) };
}

/** Encodes a CONNECT. The caller fills in the tag, the last bytes, with the secret. */
export function encodeConnect(connect: {
  nonce: Bytes;
  cookie: Bytes;
  publicKey?: Bytes;
  token?: Bytes;
  records: Bytes;
}): Bytes {
  const { nonce, cookie, publicKey, token, records } = connect;
  const parts = [Uint8Array.of((publicKey ? HAS_PUBLIC_KEY : 0) | (token ? HAS_TOKEN : 0)), publicKey, token, records];
  return join(Kind.CONNECT, [nonce, cookie, ...parts]);
}

/** Reads a CONNECT. Returns `undefined` for an invalid datagram. Does not check the tag. */
export function decodeConnect(datagram: Bytes): Connect | undefined {
  const end = datagram.byteLength - TAG_BYTES;
  if (end <= CONNECT_FLAGS_AT) return undefined;
  const flags = datagram[CONNECT_FLAGS_AT] as number;
  if (flags > (HAS_PUBLIC_KEY | HAS_TOKEN)) return undefined;
  let at = CONNECT_FLAGS_AT + 1;
  const take = (isThere: number, size: number): Bytes | undefined => {
    if (!isThere) return undefined;
    at += size;
    return datagram.subarray(at - size, at);
  };
  const publicKey = take(flags & HAS_PUBLIC_KEY, PUBLIC_KEY_BYTES);
  const token = take(flags & HAS_TOKEN, TOKEN_BYTES);
  if (at > end) return undefined;
  const cookie = datagram.subarray(COOKIE_AT, CONNECT_FLAGS_AT);
  return { nonce: nonceOf(datagram), cookie, publicKey, token, start: at, end };
}

/** Encodes an ACCEPT. The caller fills in the tag, the last bytes, with the key. */
export function encodeAccept(accept: { nonce: Bytes; id: number; publicKey?: Bytes; records: Bytes }): Bytes {
  const { nonce, publicKey, records } = accept;
  const id = new Uint8Array(6);
  writeUint48(id, 0, accept.id);
  return join(Kind.ACCEPT, [nonce, id, Uint8Array.of(publicKey ? HAS_PUBLIC_KEY : 0), publicKey, records]);
}

/** Reads an ACCEPT. Returns `undefined` for an invalid datagram. Does not check the tag. */
export function decodeAccept(datagram: Bytes): Accept | undefined {
  const end = datagram.byteLength - TAG_BYTES;
  if (end <= ACCEPT_FLAGS_AT) return undefined;
  const flags = datagram[ACCEPT_FLAGS_AT] as number;
  const start = ACCEPT_FLAGS_AT + 1 + (flags === HAS_PUBLIC_KEY ? PUBLIC_KEY_BYTES : 0);
  if (flags > HAS_PUBLIC_KEY || start > end) return undefined;
  const publicKey = flags === HAS_PUBLIC_KEY ? datagram.subarray(ACCEPT_FLAGS_AT + 1, start) : undefined;
  return { nonce: nonceOf(datagram), id: readUint48(datagram, ACCEPT_ID_AT), publicKey, start, end };
}

/** Encodes a REFUSE. */
export function encodeRefuse({ nonce, code, message }: Refuse): Bytes {
  return join(Kind.REFUSE, [nonce, Uint8Array.of(code), encodeUtf8(message)], 0);
}

/** Reads a REFUSE. Returns `undefined` for a datagram that is too short. */
export function decodeRefuse(datagram: Bytes): Refuse | undefined {
  const code = datagram[REFUSE_CODE_AT];
  if (code === undefined) return undefined;
  return { nonce: nonceOf(datagram), code, message: decodeUtf8(datagram.subarray(REFUSE_CODE_AT + 1)) };
}

function nonceOf(datagram: Bytes): Bytes {
  return datagram.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES);
}

/** Joins the kind, the parts that are given, and `roomBytes` zero bytes at the end. */
function join(kind: number, parts: readonly (Bytes | undefined)[], roomBytes = TAG_BYTES): Bytes {
  const present = parts.filter((part) => part !== undefined);
  return concatBytes([Uint8Array.of(kind), ...present, new Uint8Array(roomBytes)]);
}
