import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { encodeFacts, FACTS_HEADER, restoreFacts, withoutFacts } from '../../../src/server/links/client-facts.js';

/** Returns a request as it arrives on a link. */
function requestOn(socket: Socket, ...rawHeaders: string[]): IncomingMessage {
  const request = new IncomingMessage(socket);
  request.rawHeaders = rawHeaders;
  for (let at = 0; at < rawHeaders.length; at += 2)
    request.headers[rawHeaders[at]?.toLowerCase() ?? ''] = rawHeaders[at + 1];
  return request;
}

const clientAt = (remoteAddress: string, encrypted?: boolean): Duplex =>
  Object.assign(new Socket(), { encrypted }) &&
  Object.defineProperties(new Socket(), {
    remoteAddress: { value: remoteAddress },
    remotePort: { value: 4_321 },
    remoteFamily: { value: 'IPv4' },
    encrypted: { value: encrypted },
  });

it('shows the connection of each client in turn, and no header', () => {
  const link = new Socket();
  for (const [address, isSecure] of [
    ['10.0.0.1', true],
    ['10.0.0.2', false],
  ] as const) {
    const request = requestOn(link, 'Host', 'a', FACTS_HEADER, encodeFacts(clientAt(address, isSecure)));
    expect(restoreFacts(request)).toBe(true);
    const { remoteAddress, remotePort, remoteFamily, encrypted } = request.socket as Socket & { encrypted: boolean };
    expect([remoteAddress, remotePort, remoteFamily, encrypted]).toEqual([address, 4_321, 'IPv4', isSecure]);
    expect([request.headers, request.rawHeaders]).toEqual([{ host: 'a' }, ['Host', 'a']]);
  }
});

it('tells nothing of a connection that has closed', () => {
  const request = requestOn(new Socket(), FACTS_HEADER, encodeFacts(new Socket()));
  expect(restoreFacts(request)).toBe(true);
  expect(request.socket.remoteAddress).toBeUndefined();
});

it.each(['', 'no JSON', '7', 'null'])('refuses %j as facts', (text) => {
  expect(restoreFacts(requestOn(new Socket(), FACTS_HEADER, text))).toBe(false);
  expect(restoreFacts(requestOn(new Socket(), 'Host', 'a'))).toBe(false);
});

it('drops facts that a client sends, in any case and however often', () => {
  expect(withoutFacts(['Naru-Client', '{}', 'Cookie', 'naru-client', 'NARU-CLIENT', 'x'])).toEqual([
    'Cookie',
    'naru-client',
  ]);
});
