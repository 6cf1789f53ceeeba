import { Server as StockServer } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import { request } from '../../../src/client/room/request.js';
import { CLIENTS, open, serve } from './room-server.js';

it('is refused when the words of the server cannot become a text', async () => {
  const emitWithAck = async () => ({ error: { code: 'NO', message: { toString: 0 } } });
  const socket = { connected: true, on: () => 0, off: () => 0, timeout: () => ({ emitWithAck }) };
  await expect(request(socket, 5, 'naru:presence', 'lobby')).rejects.toMatchObject({
    code: 'REFUSED',
    reason: 'NO',
    message: 'refused',
  });
});

describe.each(CLIENTS)('a request by %s', (_name, make) => {
  it('is refused with the code of the server as the reason', async () => {
    const { url } = await serve();
    const asked = request(open(make, url), 5_000, 'naru:presence', 'lobby');
    await expect(asked).rejects.toMatchObject({ code: 'REFUSED', reason: 'FORBIDDEN' });
  });

  it('is answered on a socket with retries, too', async () => {
    const { io, url } = await serve();
    io.allow({ presence: () => true });
    const socket = open(make, url, { retries: 3, ackTimeout: 2_000 });
    expect(await request(socket, 2_000, 'naru:presence', 'lobby')).toEqual({ members: [], count: 0 });
    await expect(request(socket, 2_000, 'naru:history', 'lobby')).rejects.toMatchObject({ reason: 'NOT_KEPT' });
  });

  it('ends with TIMEOUT when a server of another kind never answers', async () => {
    const server = new StockServer();
    server.listen(0);
    onTestFinished(() => void server.close());
    const { port } = (server as unknown as { httpServer: { address(): { port: number } } }).httpServer.address();
    const asked = request(open(make, `http://localhost:${port}`), 100, 'naru:history', 'lobby');
    await expect(asked).rejects.toMatchObject({ name: 'UnavailableError', code: 'TIMEOUT' });
  });

  it('ends with DISCONNECTED when the connection is lost before the answer', async () => {
    const { io, url } = await serve();
    io.allow({ presence: () => new Promise(() => undefined) });
    const socket = open(make, url, { reconnection: false });
    const asked = request(socket, 5_000, 'naru:presence', 'lobby');
    io.on('connection', (other) => setTimeout(() => other.conn.close(), 50));
    await expect(asked).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });

  it('is refused as BAD_ANSWER when a server gives another answer', async () => {
    const server = new StockServer();
    server.listen(0);
    onTestFinished(() => void server.close());
    server.on('connection', (socket) => socket.on('naru:history', (...args) => args.at(-1)('what?')));
    const { port } = (server as unknown as { httpServer: { address(): { port: number } } }).httpServer.address();
    const asked = request(open(make, `http://localhost:${port}`), 2_000, 'naru:history', 'lobby');
    await expect(asked).rejects.toMatchObject({ code: 'REFUSED', reason: 'BAD_ANSWER' });
  });
});
