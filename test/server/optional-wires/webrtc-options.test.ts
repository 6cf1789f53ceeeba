import { expect, it } from 'vitest';
import { Server } from '../../../src/server/api/server.js';

it('has a default for everything but the addresses', () => {
  expect(new Server().opts.webrtc).toEqual({
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
])('refuses %j', (webrtc, name) => {
  expect(() => new Server({ webrtc })).toThrow(`Option "${name}" must be`);
});
