/** Programs and clients that give odd values where a refusal is told. Nothing of that ends a server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { io as connect, type Socket } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/server/api/index.js';
import { socketRefused } from '../../packages/naru/src/taps/taps.js';
import { hear } from '../../packages/naru/test/taps/hear.js';

/** The message of one refusal that has members which cannot be shown as text. */
const ODD = { message: { toString: 1 } };

async function serve(): Promise<{ io: Server; port: number }> {
  const http = createServer();
  const io = new Server(http, { allowEIO3: true });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => io.close());
  return { io, port: (http.address() as AddressInfo).port };
}

/** Returns what a client of a protocol is told that a namespace refuses. */
async function refusalOf(port: number, protocol: 3 | 4): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=${protocol}&transport=websocket`);
  onTestFinished(() => socket.terminate());
  const told = new Promise<string>((resolve) => {
    socket.on('message', (data) => String(data).startsWith('44') && resolve(String(data)));
  });
  await once(socket, 'open');
  if (protocol === 4) socket.send('40');
  return told;
}

it.each([
  ['a text', 'not authorized', 'refused'],
  ['nothing that has a message', Object.create(null), 'refused'],
  ['a message that is an object', ODD, 'refused'],
  ['data that is an object', Object.assign(new Error('no'), { data: ODD }), 'no'],
])('a client of either protocol is refused by %s', async (_what, error, message) => {
  const heard = hear(socketRefused);
  const { io, port } = await serve();
  io.use((_socket, next) => next(error as Error));
  for (const protocol of [3, 4] as const) expect(await refusalOf(port, protocol)).toMatch(/^44/);
  expect(heard.map(([, facts]) => (facts as { message: string }).message)).toEqual([message, message]);
});

it('a client takes an odd refusal of a server', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  server.on('connection', (socket) => {
    socket.send('0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}');
    socket.on('message', () => socket.send(`44${JSON.stringify(ODD)}`));
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(url, { transports: ['websocket'], reconnection: false, forceNew: true }) as Socket;
  onTestFinished(() => void client.close());
  const [error] = (await once(client as never, 'connect_error')) as [Error];
  expect(error.message).toContain('refused');
});
