import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { fixedPort } from '../../../../../test/kit/ports.mjs';
import { Server } from '../../../../naru/src/entry/index.js';
import { go, isHarmless, openServer, type Places } from '../visits.js';

const PLAIN = ['http', 'ws', 'tcp', 'udp', 'unix'] as const;
const SECURE = ['https', 'wss', 'tls'] as const;
const NAMES: Record<string, string> = {
  http: 'polling',
  https: 'polling',
  ws: 'websocket',
  wss: 'websocket',
  tls: 'tcp',
  unix: 'tcp',
};

const chatAt = (places: Places, scheme: (typeof PLAIN)[number] | (typeof SECURE)[number]): string =>
  scheme === 'unix' ? `${places.unix}:/chat` : `${places[scheme]}/chat`;

/** Runs the actions of a person on every wire. */
async function tour(url: string, name: string, trust = {}): Promise<void> {
  const guest = go(url, { trust });
  expect(await guest.see(/./)).toMatch(new RegExp(`^\\* connected: [\\w-]{20} over ${name}$`));
  guest.type('hello everybody');
  expect(await guest.see(/^echo/)).toBe('echo "hello everybody" "socket.io"');
  guest.type('/ask time');
  expect(await guest.see(/^=/)).toBe('= 1 "noon" "/chat"');
  guest.type('/join lobby', '/rooms', '/to lobby say "hi" {"loud":true}');
  await guest.see(/^\* joined lobby$/);
  await guest.see(/^\* rooms lobby$/);
  await guest.see(/^say "hi" \{"loud":true\}$/);
  guest.type('/join closed', '/to closed say 1');
  await guest.see(/^! .*\(FORBIDDEN\)$/);
  await guest.see(/^! .*\(FORBIDDEN\)$/);
  guest.type('quiz 1');
  expect(await guest.see(/^\?/)).toBe('?1 question 6 7');
  guest.type('/ack 1 42');
  await guest.see(/^right 42$/);
  guest.type('bytes {"$bytes":"AAEC"}');
  await guest.see(/^size 3 \{"\$bytes":"AAEC"\}$/);
  guest.type('/leave lobby', '/quit');
  await guest.see(/^\* left lobby$/);
  expect(await guest.ended).toBe(0);
}

describe('Socket.IO', () => {
  it.each(PLAIN)('opens over %s, with the namespace in the address', async (scheme) => {
    await tour(chatAt(await openServer(), scheme), NAMES[scheme] ?? scheme);
  });

  it.each(SECURE)('opens over %s with a trusted certificate', async (scheme) => {
    const places = await openServer();
    await tour(chatAt(places, scheme), NAMES[scheme] ?? scheme, { ca: Buffer.from(certificate.cert) });
    const bold = go(chatAt(places, scheme), { trust: { rejectUnauthorized: false } });
    await bold.see(/^\* connected/);
  });

  it.each(SECURE)('over %s reports why it does not trust the server, with a fix', async (scheme) => {
    const guest = go(chatAt(await openServer(), scheme));
    expect(await guest.see(/./)).toMatch(/^! cannot connect: self-signed certificate; --ca <file> .*, --insecure /);
    expect(await guest.ended).toBe(1);
  });

  it.each(['http', 'ws', 'tcp', 'udp'] as const)('opens over %s on IPv6', async (scheme) => {
    const places = await openServer('::1');
    const guest = go(places[scheme]);
    await guest.see(/^\* connected/);
    guest.type('/ask time');
    await guest.see(/^= 1 "noon" "\/"$/);
    expect(await guest.end()).toBe(0);
  });

  it('reports an upgrade', async () => {
    const guest = go((await openServer()).http);
    await guest.see(/^\* over websocket now$/);
  });

  it('uses the chosen transports', async () => {
    const guest = go((await openServer()).http, { transports: ['sse'] });
    await guest.see(/^\* connected: \S+ over sse$/);
  });

  it.each(['http', 'tcp', 'udp'] as const)('reports a refusal over %s, with the data of the error', async (scheme) => {
    const places = await openServer();
    const refused = go(`${places[scheme]}/members`);
    expect(await refused.see(/./)).toBe('! cannot connect: refused: members only {"fee":5}');
    expect(await refused.ended).toBe(1);
    const member = go(`${places[scheme]}/members`, { auth: { token: 'right' } });
    await member.see(/^\* connected/);
    const lost = go(`${places[scheme]}/nowhere`);
    expect(await lost.see(/./)).toBe('! cannot connect: refused: Invalid namespace "/nowhere"');
  });

  it('ends with 1 when the server disconnects it', async () => {
    const guest = go((await openServer()).ws);
    guest.type('kick 1');
    await guest.see(/^\* disconnected: io server disconnect$/);
    expect(await guest.ended).toBe(1);
  });

  it('returns to a restarted server, and to its rooms', async () => {
    const first = new Server(createServer(), { pingInterval: 25_000 });
    const port = await listen(first, await fixedPort());
    const guest = go(`ws://127.0.0.1:${port}`);
    await guest.see(/^\* connected/);
    guest.type('/join lobby');
    await guest.see(/^\* joined lobby$/);
    await first.close();
    await guest.see(/^\* disconnected: .*; connecting again$/);
    const second = new Server(createServer());
    await listen(second, port);
    await guest.see(/^\* connected again: \S+ over websocket$/);
    await guest.see(/^\* joined lobby$/);
    second.to('lobby').emit('news', 1);
    await guest.see(/^news 1$/);
  });

  it.each([
    ['http', 'ECONNREFUSED'],
    ['ws', 'ECONNREFUSED'],
    ['tcp', 'ECONNREFUSED'],
  ])('over %s reports why nobody answers, and ends with 1 if nobody waits', async (scheme, reason) => {
    const port = await fixedPort();
    const guest = go(`${scheme}://127.0.0.1:${port}`);
    expect(await guest.see(/./)).toMatch(new RegExp(`^! cannot connect: .*${reason}`));
    guest.type('/ask time');
    expect(await guest.ended).toBe(1);
    expect(guest.lines).toHaveLength(1);
  });

  it('reports the status of a server of another kind', async () => {
    const http = createServer((_request, response) => response.writeHead(404).end('nothing'));
    const port = await new Promise<number>((resolve) => {
      http.listen(0, '127.0.0.1', () => resolve((http.address() as { port: number }).port));
    });
    onTestFinished(() => {
      http.close();
    });
    const guest = go(`http://127.0.0.1:${port}`);
    expect(await guest.see(/./)).toBe('! cannot connect: the server answered 404 Not Found');
  });

  it.each(['http', 'ws', 'tcp', 'udp'] as const)(
    'shows the packets over %s, harmless and on separate lines',
    async (scheme) => {
      const guest = go((await openServer())[scheme], { showsWire: true });
      await guest.see(/^ {2}< open \{"sid":/);
      await guest.see(/^ {2}> message 0$/);
      await guest.see(/^\* connected/);
      guest.type('say "\\u001b[2J\\u202e"', 'bytes {"$bytes":"AAEC"}');
      await guest.see(/^ {2}> message 2\["say","\\\\?u001b\[2J\\u202e"\]$/);
      await guest.see(/^ {2}> message <3 bytes 000102>$/);
      await guest.see(/^ {2}< message 51-\["size",3,/);
      await guest.see(/^ {2}< message <3 bytes 000102>$/);
      expect(isHarmless(guest.lines)).toBe(true);
    },
  );
});

async function listen(server: Server, port: number): Promise<number> {
  server.allow({ subscribe: true });
  const { httpServer } = server as unknown as { httpServer: ReturnType<typeof createServer> };
  await new Promise<void>((resolve) => httpServer.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => server.close());
  return (httpServer.address() as { port: number }).port;
}
