import { expect, it } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { udp } from '../../src/server/udp.js';
import { udpTable } from '../../src/server/udp-options.js';

walkOptions(udpTable, (given) => readOptions(udpTable, given));

it('has a default for everything but the secret and the public endpoint', () => {
  expect(readOptions(udpTable)).toEqual({
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
  expect(() => udp({ psk: psk as string })).toThrow(
    'Option "udp.psk" must be a text or bytes, and not empty, got a value of type ',
  );
});

it.each([{ psk: ['a secret'] }, { psk: { secret: 'a secret' } }, { psk: 31_337n }, { psk: Symbol('a secret') }])(
  'never shows a secret, case %#',
  (options) => {
    const message = messageOf(() => udp(options as object));
    expect(message).toContain('Option "udp.psk" must be');
    expect(message).not.toMatch(/a secret|31337/);
  },
);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return expect.unreachable('the options were taken');
}
