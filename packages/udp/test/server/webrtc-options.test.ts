import { expect, it } from 'vitest';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { webrtc } from '../../src/server/webrtc.js';
import { webrtcTable } from '../../src/server/webrtc-options.js';

walkOptions(webrtcTable, (given) => readOptions(webrtcTable, given));

it('has a default for everything but the addresses', () => {
  expect(readOptions(webrtcTable)).toEqual({
    lanesMax: 10_000,
    lanesPerAddressMax: 1_000,
    opensPerSecond: 100,
    messagesPerSecondMax: 1_000,
  });
});

it.each([
  [{ publicHosts: [] }, 'webrtc.publicHosts'],
  [{ publicHosts: ['http://game.example'] }, 'webrtc.publicHosts[0]'],
  [{ publicHosts: ['192.0.2.1\r\na=x'] }, 'webrtc.publicHosts[0]'],
  [{ portLast: 65_536 }, 'webrtc.portLast'],
  [{ publicPort: 0 }, 'webrtc.publicPort'],
  [{ lanesMax: 0 }, 'webrtc.lanesMax'],
])('refuses %j', (options, name) => {
  expect(() => webrtc(options)).toThrow(`Option "${name}" must be`);
});
