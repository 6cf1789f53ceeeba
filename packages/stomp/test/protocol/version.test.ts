import { describe, expect, it } from 'vitest';
import {
  agreeOnHeartBeat,
  agreeOnVersion,
  decodeHeartBeat,
  encodeHeartBeat,
  NO_HEART_BEAT,
} from '../../src/protocol/version.js';

describe('agreeOnVersion', () => {
  it('chooses the newest common version', () => {
    expect(agreeOnVersion('1.0,1.1,1.2')).toBe('1.2');
    expect(agreeOnVersion('1.0, 1.1,2.0')).toBe('1.1');
    expect(agreeOnVersion('1.0')).toBe('1.0');
  });

  it('chooses 1.0 for a client that names none', () => expect(agreeOnVersion(undefined)).toBe('1.0'));

  it('finds none without a common version', () => {
    expect(agreeOnVersion('2.0')).toBeUndefined();
    expect(agreeOnVersion('')).toBeUndefined();
  });
});

describe('heart-beats', () => {
  it('are written as they are read', () => {
    expect(decodeHeartBeat('4000,10000')).toEqual({ sendsMs: 4000, wantsMs: 10_000 });
    expect(decodeHeartBeat(' 0 , 5 ')).toEqual({ sendsMs: 0, wantsMs: 5 });
    expect(encodeHeartBeat({ sendsMs: 4000, wantsMs: 10_000 })).toBe('4000,10000');
  });

  it('are off without the header', () => expect(decodeHeartBeat(undefined)).toBe(NO_HEART_BEAT));

  it.each(['', '1', '1,', ',1', 'a,b', '-1,5', '1,2,3', '1.5,2', '9'.repeat(13)])('"%s" is malformed', (header) => {
    expect(decodeHeartBeat(header)).toBeUndefined();
  });

  it('use the slower pace of the two, and are off if either side wants none', () => {
    expect(agreeOnHeartBeat({ sendsMs: 1000, wantsMs: 0 }, { sendsMs: 0, wantsMs: 5000 })).toBe(5000);
    expect(agreeOnHeartBeat({ sendsMs: 9000, wantsMs: 0 }, { sendsMs: 0, wantsMs: 5000 })).toBe(9000);
    expect(agreeOnHeartBeat({ sendsMs: 0, wantsMs: 7 }, { sendsMs: 7, wantsMs: 5000 })).toBe(0);
    expect(agreeOnHeartBeat({ sendsMs: 5, wantsMs: 7 }, NO_HEART_BEAT)).toBe(0);
  });
});
