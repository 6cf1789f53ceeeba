import { describe, expect, it } from 'vitest';
import {
  decodeAccept,
  decodeChallenge,
  decodeConnect,
  decodeHello,
  decodeRefuse,
  encodeAccept,
  encodeChallenge,
  encodeConnect,
  encodeHello,
  encodeRefuse,
} from '../../../src/protocol/datagram/handshake.js';

const nonce = new Uint8Array(16).fill(1);
const cookie = new Uint8Array(16).fill(2);
const publicKey = new Uint8Array(32).fill(3);
const token = new Uint8Array(16).fill(4);
const records = Uint8Array.of(2, 0x34, 0x30);

describe('the handshake', () => {
  it('answers a HELLO of 64 bytes with a CHALLENGE of 33', () => {
    const hello = encodeHello(nonce);
    expect([hello[0], hello.byteLength]).toEqual([0x11, 64]);
    expect(decodeHello(hello)).toEqual(nonce);
    expect(decodeHello(hello.subarray(0, 63))).toBeUndefined();
    const challenge = encodeChallenge(nonce, cookie);
    expect([challenge[0], challenge.byteLength]).toEqual([0x12, 33]);
    expect(decodeChallenge(challenge)).toEqual({ nonce, cookie });
    for (let size = 0; size < 33; size += 1) expect(decodeChallenge(challenge.subarray(0, size))).toBeUndefined();
  });

  it('carries the optional key, token and records of a CONNECT', () => {
    for (const key of [undefined, publicKey])
      for (const lane of [undefined, token]) {
        const datagram = encodeConnect({ nonce, cookie, publicKey: key, token: lane, records });
        const connect = decodeConnect(datagram);
        expect(connect).toMatchObject({ nonce, cookie, publicKey: key, token: lane });
        expect(datagram.subarray(connect?.start, connect?.end)).toEqual(records);
        expect(datagram.byteLength - (connect?.end ?? 0)).toBe(16);
      }
  });

  it('refuses a CONNECT that is cut before its key, or has unknown flags', () => {
    const datagram = encodeConnect({ nonce, cookie, publicKey, token, records: new Uint8Array(0) });
    for (let size = 0; size < datagram.byteLength; size += 1)
      expect(decodeConnect(datagram.subarray(0, size))).toBeUndefined();
    const other = Uint8Array.from(datagram);
    other[33] = 4;
    expect(decodeConnect(other)).toBeUndefined();
  });

  it('carries id, key and records of an ACCEPT', () => {
    for (const key of [undefined, publicKey]) {
      const datagram = encodeAccept({ nonce, id: 0x0102_0304_0506, publicKey: key, records });
      const accept = decodeAccept(datagram);
      expect(accept).toMatchObject({ nonce, id: 0x0102_0304_0506, publicKey: key });
      expect(datagram.subarray(accept?.start, accept?.end)).toEqual(records);
      for (let size = 0; size < 40; size += 1) expect(decodeAccept(datagram.subarray(0, size))).toBeUndefined();
    }
  });

  it('carries code and message of a REFUSE', () => {
    const datagram = encodeRefuse({ nonce, code: 2, message: 'no: 안' });
    expect(decodeRefuse(datagram)).toEqual({ nonce, code: 2, message: 'no: 안' });
    expect(decodeRefuse(datagram.subarray(0, 17))).toBeUndefined();
  });
});
