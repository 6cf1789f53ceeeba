import { describe, expect, it } from 'vitest';
import {
  decodeSdp,
  encodeSdp,
  isLaneHost,
  type LaneDescription,
  readDescription,
} from '../../../src/protocol/lane/description.js';

const fingerprint = Array.from({ length: 32 }, (_, index) => (index + 100).toString(16).toUpperCase()).join(':');
const description: LaneDescription = { ufrag: 'aB+/', pwd: 'abcdefghijklmnopqrstuv', fingerprint };

describe('a description', () => {
  it('is taken with exactly its own values', () => {
    expect(readDescription({ ...description, candidate: '192.0.2.1' })).toEqual(description);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ufrag'],
    ['a short name', { ...description, ufrag: 'abc' }],
    ['a huge name', { ...description, ufrag: 'a'.repeat(65) }],
    ['a second line in the name', { ...description, ufrag: 'abcd\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host' }],
    ['a trailing line in the password', { ...description, pwd: `${description.pwd}\n` }],
    ['a huge password', { ...description, pwd: 'a'.repeat(129) }],
    ['a fingerprint of another hash', { ...description, fingerprint: fingerprint.slice(0, 59) }],
    ['an object as a name', { ...description, ufrag: { toString: (): string => 'abcd' } }],
    ['a list as a password', { ...description, pwd: [description.pwd] }],
  ])('is refused with %s', (_what, value) => {
    expect(readDescription(value)).toBeUndefined();
  });
});

describe('a session description', () => {
  it('comes back as it was written', () => {
    expect(decodeSdp(encodeSdp(description, 'active', 1_150))).toEqual(description);
  });

  it('names only the given addresses, the first with the highest priority', () => {
    expect(encodeSdp(description, 'active', 1_150)).not.toContain('candidate');
    const lines = encodeSdp(description, 'passive', 1_150, [
      { host: '203.0.113.7', port: 4002 },
      { host: '2001:db8::7', port: 4002 },
    ]).split('\r\n');
    expect(lines.filter((line) => line.startsWith('a=candidate'))).toEqual([
      'a=candidate:1 1 udp 2130706431 203.0.113.7 4002 typ host',
      'a=candidate:2 1 udp 2130706175 2001:db8::7 4002 typ host',
    ]);
    expect(lines).toContain('a=setup:passive');
  });

  it.each(['', 'v=0\r\n', `a=ice-ufrag:abcd\r\na=ice-pwd:${description.pwd}\r\na=fingerprint:sha-1 AA\r\n`])(
    'without all values is not one: %j',
    (sdp) => expect(decodeSdp(sdp)).toBeUndefined(),
  );

  it.each([
    ['192.0.2.1', true],
    ['2001:db8::1', true],
    ['game.example', true],
    ['', false],
    ['a b', false],
    ['192.0.2.1 9 typ host\r\n', false],
    [7, false],
  ])('takes %j as a host: %s', (host, isHost) => expect(isLaneHost(host)).toBe(isHost));
});
