import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { io } from '../../src/client/index.js';
import { Server } from '../../src/server/api/server.js';

/** Returns the message of the first `connect_error`. */
async function messageOf(url: string, options: object = {}): Promise<string> {
  const socket = io(url, { reconnection: false, forceNew: true, ...options });
  onTestFinished(() => void socket.close());
  return new Promise((resolve) => socket.on('connect_error', ({ message }) => resolve(message)));
}

async function portOf(server: ReturnType<typeof createServer> | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function startServer(): Promise<number> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http);
  onTestFinished(() => io.close());
  return portOf(http);
}

test.each(['polling', 'websocket'])('a wrong path names the option, over %s', async (transport) => {
  const message = await messageOf(`http://127.0.0.1:${await startServer()}`, {
    path: '/chat',
    transports: [transport],
  });
  expect(message).toMatch(
    /^(xhr poll|websocket) error: (the server answered 404|.* without an answer)\. .* option "path", here \/chat\//,
  );
});

test.each(['polling', 'websocket'])('a wrong port names the place, over %s', async (transport) => {
  const closed = createTcpServer();
  const port = await portOf(closed);
  await new Promise((resolve) => closed.close(resolve));
  const message = await messageOf(`http://127.0.0.1:${port}`, { transports: [transport] });
  expect(message).toContain(`error: nothing listens at 127.0.0.1:${port}. Check the host, the port`);
});

test.each([
  ['https://127.0.0.1', 'polling'],
  ['wss://127.0.0.1', 'websocket'],
  ['127.0.0.1', 'polling'],
])('TLS at a server without it is told, at %s over %s', async (address, transport) => {
  const port = await startServer();
  const message = await messageOf(`${address}:${port}`, { transports: [transport] });
  expect(message).toContain(`the server at 127.0.0.1:${port} does not speak TLS. Write http://`);
});

test('a host that does not exist is named', async () => {
  expect(await messageOf('http://nowhere.invalid:3000')).toMatch(/the host of nowhere\.invalid:3000 is unknown \(E/);
});

test('a refusal of the engine is told in its own words', async () => {
  const port = await startServer();
  const message = await messageOf(`http://127.0.0.1:${port}`, { query: { EIO: '9' }, transports: ['sse'], path: '/x' });
  expect(message).toContain('the server answered 404');
  const http = createServer();
  const server = new Server(http, { allowRequest: (_request, decide) => decide('no entry', false) });
  onTestFinished(() => server.close());
  const refused = await messageOf(`http://127.0.0.1:${await portOf(http)}`, { transports: ['polling'] });
  expect(refused).toBe('xhr poll error: the server answered 403: no entry');
});
