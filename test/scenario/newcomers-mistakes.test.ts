/** Mistakes that newcomers make, and what Naru says to each. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as connect } from 'socket.io-client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { io as connectNaru } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/server/api/server.js';

async function start(options: object = {}): Promise<{ server: Server; url: string }> {
  const http = createServer();
  const server = new Server(http, options);
  onTestFinished(() => server.close());
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return { server, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

it('a message that is too large gets the name of the option, and so does its acknowledgement', async () => {
  const { url, server } = await start({ maxHttpBufferSize: 10_000 });
  server.on('connection', (socket) => socket.on('big', (_data, done) => done('taken')));
  const client = connectNaru(url, { transports: ['websocket'], reconnection: false });
  onTestFinished(() => void client.close());
  const lost = once(client as never, 'disconnect');
  await once(client as never, 'connect');
  await expect(client.emitWithAck('big', 'x'.repeat(20_000))).rejects.toThrow(
    'socket has been disconnected: message exceeds the limit of 10000 bytes (maxHttpBufferSize)',
  );
  expect((await lost)[1]).toMatchObject({
    context: { code: 1009, reason: expect.stringContaining('maxHttpBufferSize') },
  });
});

it('a client of Socket.IO 2 is told of on the server, once', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const { url } = await start();
  for (let count = 0; count < 2; count += 1)
    expect((await fetch(`${url}/socket.io/?EIO=3&transport=polling`)).status).toBe(400);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('"allowEIO3"'), { code: 'NARU_OLD_CLIENT' });
});

it('a namespace that does not exist is named by the client of Naru', async () => {
  const { url } = await start();
  const client = connectNaru(`${url}/nowhere`, { reconnection: false });
  onTestFinished(() => void client.close());
  const [error] = (await once(client as never, 'connect_error')) as [Error];
  expect(error.message).toBe('Invalid namespace "/nowhere"');
});

it.each(['headers', 'allowedHeaders'])('a preflight allows the headers of cors.%s, and no others', async (name) => {
  const { url } = await start({ cors: { origin: 'https://a.example', [name]: ['x-token'] } });
  const { headers } = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://a.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'x-other',
    },
  });
  expect(headers.get('access-control-allow-headers')).toBe('x-token');
});

it.each([null, undefined])('an engine sends an empty message for %s', async (nothing) => {
  const { server, url } = await start();
  server.engine.on('connection', (session: { send(data: null | undefined): void }) => session.send(nothing));
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => socket.close());
  const messages: string[] = [];
  socket.onmessage = ({ data }) => messages.push(String(data));
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  expect(messages[1]).toBe('4');
});

it('a user who was banned does not come back by recovery', async () => {
  const { server, url } = await start({ connectionStateRecovery: {} });
  const banned = new Set<string>();
  server.use((socket, next) => next(banned.has(socket.handshake.auth.user) ? new Error('banned') : undefined));
  const client = connect(url, { auth: { user: 'ann' }, reconnectionDelay: 10, reconnectionDelayMax: 20 });
  onTestFinished(() => void client.close());
  await once(client as never, 'connect');
  server.emit('hello');
  await once(client as never, 'hello');
  banned.add('ann');
  const refused = once(client as never, 'connect_error') as Promise<[Error]>;
  client.io.engine.close();
  expect((await refused)[0].message).toBe('banned');
});

it('data that contains itself is refused with the event and the path, where the program emits it', async () => {
  const { server } = await start();
  const order: Record<string, unknown> = { id: 1 };
  order.items = [order];
  const emit = () => server.emit('order', order);
  expect(emit).toThrow(
    'the event "order" cannot be sent: args[0].items[0] is args[0] again, so the data contains itself',
  );
  let stack: string | undefined;
  try {
    emit();
  } catch (error) {
    stack = (error as Error).stack;
  }
  expect(stack).toContain('newcomers-mistakes.test.ts');
});
