import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.js';
import { ConfigError } from '../../../src/base/errors.js';
import { acceptWebSocket, webSocketSettingsOf } from '../../../src/server/engine/websocket-acceptor.js';
import { readEngineOptions } from '../../../src/server/options/engine-options.js';
import { ClosingStreams } from '../../../src/transport/closing-streams.js';

const FIELDS = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function requestOf(fields: Record<string, string>, query: Record<string, string> = { EIO: '4' }) {
  return { method: 'GET', httpVersion: '1.1', headers: fields, _query: query };
}

describe('acceptWebSocket', () => {
  const settings = webSocketSettingsOf(readEngineOptions({}), new ClosingStreams(systemClock));

  it("answers an upgrade and returns its transport, in the client's protocol", () => {
    for (const [query, protocol] of [
      [{ EIO: '4' }, 4],
      [{ EIO: '3' }, 3],
    ] as const) {
      const socket = new PassThrough();
      const transport = acceptWebSocket(requestOf(FIELDS, query), socket, Buffer.alloc(0), settings, {
        firstFrames: '\x81\x01a',
      });
      expect(transport?.protocol).toBe(protocol);
      expect(String(socket.read())).toMatch(/^HTTP\/1\.1 101 .*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n/s);
      socket.destroy();
    }
  });

  it('agrees to the first subprotocol that a client offers, if any', () => {
    for (const [offered, line] of [
      ['token.abc, second', /\r\nSec-WebSocket-Protocol: token\.abc\r\n/],
      [undefined, /^(?!.*Sec-WebSocket-Protocol)/s],
      ['a,,b', /^HTTP\/1\.1 400 /],
    ] as const) {
      const fields = offered === undefined ? FIELDS : { ...FIELDS, 'sec-websocket-protocol': offered };
      for (const [headers, options] of [
        [fields, {}],
        [{}, { fields }],
      ] as const) {
        const socket = new PassThrough();
        acceptWebSocket(requestOf(headers), socket, Buffer.alloc(0), settings, options);
        expect(String(socket.read())).toMatch(line);
        socket.destroy();
      }
    }
  });

  it('refuses invalid handshakes, and returns nothing', () => {
    const socket = new PassThrough();
    const fields = { ...FIELDS, 'sec-websocket-version': '12' };
    expect(acceptWebSocket(requestOf(fields), socket, Buffer.alloc(0), settings, {})).toBeUndefined();
    socket.destroy();
  });

  it('destroys the socket when a header of the answer is invalid', () => {
    const socket = new PassThrough();
    const accept = () =>
      acceptWebSocket(requestOf(FIELDS), socket, Buffer.alloc(0), settings, { headers: [['x', 'a\r\nb']] });
    expect(accept).toThrow(ConfigError);
    expect(socket.destroyed).toBe(true);
  });
});
