import { expect, it } from 'vitest';
import { Server } from '../../../src/server/api/server.js';
import { settleUdpOptions } from '../../../src/server/options/udp-options.js';

it('has a default for everything but the secret and the public endpoint', () => {
  const { secret, publicEndpoint, ...others } = settleUdpOptions();
  expect([secret, publicEndpoint]).toEqual([undefined, undefined]);
  expect(others).toEqual({
    requireKeyExchange: false,
    sessionsMax: 100_000,
    sessionsPerAddressMax: 10_000,
    connectsPerSecond: 2_000,
    controlBytesMax: 262_144,
    receiveBufferBytes: 4_194_304,
    sendBufferBytes: 4_194_304,
    laneGrantsMax: 10_000,
  });
});

it('throws at construction, naming the option, the value and the fix', () => {
  expect(() => new Server({ udp: { sessionsMax: 0 } })).toThrow('"udp.sessionsMax" is 0; give a number from 1');
  expect(() => settleUdpOptions({ controlBytesMax: 'x' as never })).toThrow('"udp.controlBytesMax"');
  expect(() => settleUdpOptions({ psk: '' })).toThrow('"psk" is empty');
});
