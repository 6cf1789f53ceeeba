import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../../../../test/kit/clients/raw-peer.js';
import { accept, type Connection, connect, listen, UpgradeRefusedError } from '../../../../src/entry/websocket.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('naru/websocket', () => {
  it('listens and connects', async () => {
    const server = listen(0);
    await server.ready();
    server.on('connection', (connection) => void connection.send('welcome'));
    const connection = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const text = deferred<string>();
    connection.on('text', text.resolve);
    expect(await text.promise).toBe('welcome');
    await server.shutdown();
  });

  it('accepts upgrades of a server that somebody else runs', async () => {
    const http = createServer();
    const accepted: (Connection | undefined)[] = [];
    http.on('upgrade', (request, socket, head) => {
      const connection = accept(request, socket, head, { messageBytesMax: 100 });
      accepted.push(connection);
      connection?.on('message', (data) => connection.send(data));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const connection of accepted) connection?.terminate();
      http.close();
    });
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const connection = await connect(url);
    const text = deferred<string>();
    connection.on('text', text.resolve);
    connection.send('echo');
    expect(await text.promise).toBe('echo');
    const [status] = await statusLine(
      http,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    expect([status, accepted.at(-1)]).toEqual(['HTTP/1.1 426 Upgrade Required', undefined]);
  });

  it('rejects with the status of a refusal', async () => {
    const server = listen({ port: 0, host: '127.0.0.1' }, { verify: () => false });
    await server.ready();
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await connect(url).catch((reason) => reason);
    expect(error).toBeInstanceOf(UpgradeRefusedError);
    expect(error.status).toBe(401);
    await server.close();
  });

  it('keeps a connection paused that was paused at once', async () => {
    const server = listen(0);
    await server.ready();
    server.on('connection', (connection) => void connection.send('early'));
    const connection = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    connection.pause();
    const seen: string[] = [];
    connection.on('text', (text) => void seen.push(text));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    connection.resume();
    const closed = server.shutdown();
    await new Promise((resolve) => connection.once('close', resolve));
    await closed;
    expect(seen).toEqual(['early']);
  });
});

function statusLine(http: Server, request: string): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connectTcp((http.address() as AddressInfo).port, '127.0.0.1', () => socket.write(request));
    socket.once('data', (data) => {
      resolve(data.toString('latin1').split('\r\n'));
      socket.destroy();
    });
  });
}
