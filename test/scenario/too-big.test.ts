import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as stock } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io as ours } from '../../packages/naru/src/client/index.js';
import { Server } from '../../packages/naru/src/entry/index.js';

interface Details {
  message: string;
  context?: { status?: number; code?: number; reason?: string };
}

interface AnyClient {
  on(name: string, listener: (...args: unknown[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

async function ends(transport: string, connect: (url: string, options: object) => AnyClient, size: number) {
  const http = createServer();
  const server = new Server(http, { maxHttpBufferSize: 1_000 });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.close());
  const atServer = new Promise<[string, string | undefined]>((resolve) => {
    server.on('connection', (socket) =>
      socket.on('disconnect', (reason, details) => resolve([reason, details?.message])),
    );
  });
  const { port } = http.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`, { transports: [transport], reconnection: false, forceNew: true });
  onTestFinished(() => void client.disconnect());
  const atClient = new Promise<[string, Details]>((resolve) => {
    client.on('disconnect', (reason, details) => resolve([reason as string, details as Details]));
  });
  client.on('connect', () => client.emit('large', 'x'.repeat(size)));
  return { server: await atServer, client: await atClient };
}

describe.each([
  ['socket.io-client', (url: string, options: object) => stock(url, options) as AnyClient],
  ['naru/client', (url: string, options: object) => ours(url, options) as AnyClient],
])('%s that sends more than maxHttpBufferSize', (_name, connect) => {
  it.each([[5_000], [100_000], [2_000_000]])(
    'is closed over WebSocket with 1009 and the limit (%i bytes)',
    async (size) => {
      const { server, client } = await ends('websocket', connect, size);
      expect(server).toEqual(['transport error', 'message exceeds the limit of 1000 bytes (maxHttpBufferSize)']);
      expect(client[1].context).toMatchObject({
        code: 1009,
        reason: 'message exceeds the limit of 1000 bytes (maxHttpBufferSize)',
      });
    },
  );

  it.each([[5_000], [100_000], [2_000_000]])('is answered over polling with 413 (%i bytes)', async (size) => {
    const { server, client } = await ends('polling', connect, size);
    expect(server).toEqual(['transport error', 'payload of more than 1000 bytes (maxHttpBufferSize)']);
    expect(client[0]).toBe('transport error');
    expect(client[1].context).toMatchObject({ status: 413 });
  });
});
