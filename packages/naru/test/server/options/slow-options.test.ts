import { describe, expect, it } from 'vitest';
import { TestServer } from '../../../../testing/src/entry/index.js';
import { readOptions } from '../../../src/base/options/table.js';
import { type SlowReadersOptions, slowReadersTable, slowSettings } from '../../../src/server/options/slow-options.js';

const settingsOf = (options: SlowReadersOptions, hasLog: boolean) =>
  slowSettings(readOptions(slowReadersTable, options), { lateBytesMax: 1_000, bufferedBytesMax: 10_000 }, hasLog);

describe('the options for slow readers', () => {
  it('have no policy by default', () => {
    expect(settingsOf({}, true)).toEqual({
      policy: undefined,
      bytesMax: 1_000,
      roomsMax: 10_000,
      bufferedBytesMax: 10_000,
    });
  });

  it('disconnect at a budget given alone without a log, and catch up with one', () => {
    expect(settingsOf({ bytesMax: 5 }, false).policy).toEqual({ policy: 'disconnect', bytesMax: 5 });
    expect(settingsOf({ bytesMax: 5 }, true)).toMatchObject({ policy: undefined, bytesMax: 5 });
    expect(settingsOf({ policy: 'hold' }, true).policy).toEqual({ policy: 'hold', bytesMax: 1_000 });
  });

  it('take the time that a client may be behind with the policy that needs it', () => {
    const given = { policy: 'newest-group', bytesMax: 5, behindMax: 400 } as const;
    expect(settingsOf(given, false).policy).toEqual(given);
    expect(() => settingsOf({ behindMax: 400 }, true)).toThrow(/"slowReaders.behindMax" needs the policy/);
    expect(() => settingsOf({ policy: 'hold', behindMax: 400 }, true)).toThrow(/only for the policy "newest-group"/);
  });

  it('refuse to catch up without a log', () => {
    expect(() => settingsOf({ policy: 'catch-up' }, false)).toThrow(/no log to catch up from/);
    expect(() => new TestServer({ server: { slowReaders: { policy: 'catch-up' } } })).toThrow(
      /no log to catch up from/,
    );
  });
});
