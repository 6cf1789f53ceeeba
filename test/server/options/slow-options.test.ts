import { describe, expect, it } from 'vitest';
import { TestServer } from '../../../src/entry/testing.js';
import { type SlowReadersOptions, settleSlowOptions } from '../../../src/server/options/slow-options.js';

const bounds = { lateBytesMax: 1_000, bufferedBytesMax: 10_000 };

describe('the options for slow readers', () => {
  it('leave it at what is so by itself', () => {
    expect(settleSlowOptions(undefined, bounds, true)).toEqual({
      policy: undefined,
      bytesMax: 1_000,
      roomsMax: 10_000,
      bufferedBytesMax: 10_000,
    });
  });

  it('disconnect at a budget that comes alone where there is no log, and catch up where there is one', () => {
    expect(settleSlowOptions({ bytesMax: 5 }, bounds, false).policy).toEqual({ policy: 'disconnect', bytesMax: 5 });
    expect(settleSlowOptions({ bytesMax: 5 }, bounds, true)).toMatchObject({ policy: undefined, bytesMax: 5 });
    expect(settleSlowOptions({ policy: 'hold' }, bounds, true).policy).toEqual({ policy: 'hold', bytesMax: 1_000 });
  });

  it.each([
    [{ policy: 'wait' }, /the policy is wait/],
    [{ policy: 'catch-up' }, /no log to catch up from/],
    [{ bytesMax: 0 }, /"bytesMax" is 0/],
    [{ roomsMax: 0 }, /"slowReaders.roomsMax" is 0/],
    [{ rooms: 5 }, /no option "slowReaders.rooms"; there are policy, bytesMax, roomsMax/],
  ])('name what cannot be: %j', (options, message) => {
    expect(() => settleSlowOptions(options as SlowReadersOptions, bounds, false)).toThrow(message);
    expect(() => new TestServer({ server: { slowReaders: options as SlowReadersOptions } })).toThrow(message);
  });
});
