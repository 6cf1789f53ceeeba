import { expect, it } from 'vitest';
import { readServerOptions } from '../../../src/server/options/options.js';

it('has a default for everything but the secret and the public endpoint', () => {
  expect(readServerOptions({}).udp).toEqual({
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

it.each(['', new Uint8Array(0), 5])('refuses the secret %j', (psk) => {
  expect(() => readServerOptions({ udp: { psk: psk as string } })).toThrow(
    'Option "udp.psk" must be a text or bytes, and not empty, got ',
  );
});
