import { expect, it } from 'vitest';
import { checkRange, datagramSettings, streamSettings } from '../../src/net/options.js';

it('settings have the defaults that are documented, and are frozen', () => {
  expect(streamSettings()).toEqual({
    recvBytesMax: 65_536,
    sendBytesMax: 16_777_216,
    noDelay: true,
    keepAliveMs: 0,
    tls: {},
  });
  expect(datagramSettings()).toEqual({ recvBytesMax: 1_048_576, sendBytesMax: 1_048_576, datagramBytesMax: 65_507 });
  expect(Object.isFrozen(streamSettings()) && Object.isFrozen(datagramSettings())).toBe(true);
  expect(streamSettings({ keepAliveMs: 1000, noDelay: false })).toMatchObject({ keepAliveMs: 1000, noDelay: false });
});

it('an option out of range is named, with its value and the range', () => {
  expect(() => checkRange('backlog', 0, 1, 9)).toThrow('option "backlog" is 0: use a whole number from 1 to 9');
  expect(() => checkRange('backlog', '5', 1)).toThrow('option "backlog" is 5: use a whole number of 1 or more');
  expect(() => streamSettings({ keepAliveMs: 10 })).toThrow(
    'option "keepAliveMs" is 10: use 0 (never), or 1000 or more',
  );
});
