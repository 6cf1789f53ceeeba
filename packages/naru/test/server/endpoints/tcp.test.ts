import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { Server, type ServerOptions } from '../../../src/server/api/index.js';

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function listen(endpoint: string, options: ServerOptions = {}): Promise<{ io: Server; port: number }> {
  const io = new Server(options);
  servers.push(io);
  io.listen(endpoint);
  await io.ready();
  return { io, port: (io.endpoints[0]?.address as AddressInfo | undefined)?.port ?? 0 };
}

/** Writes to a stream and returns its data once `enough` has arrived. */
function ask(socket: Socket, text: string, enough: RegExp): Promise<string> {
  sockets.push(socket);
  let heard = '';
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${heard}`)));
    socket.on('data', (chunk) => {
      heard += chunk;
      if (enough.test(heard)) resolve(heard);
    });
    socket.write(text);
  });
}

describe('the endpoints of byte streams', () => {
  it('listen on TCP, with port 0 for any free one', async () => {
    const { io, port } = await listen('tcp://127.0.0.1:0');
    expect([io.endpoints[0]?.url, port > 0]).toEqual(['tcp://127.0.0.1:0', true]);
    expect(await ask(connect(port, '127.0.0.1'), '/rooms\n', /rooms/)).toBe('* entered /\n* rooms\n');
    expect(await ask(connect(port, '127.0.0.1'), 'NARU1\n', /pingInterval/)).toContain('0{"sid":"');
  });

  it('greet a silent person', async () => {
    const { port } = await listen('tcp://127.0.0.1:0', { tcp: { greetAfter: 1 } });
    expect(await ask(connect(port, '127.0.0.1'), '', /help/)).toMatch(/^\* Naru/);
  });

  it('listen with TLS', async () => {
    const { io, port } = await listen('tls://127.0.0.1:0', { tcp: { tls: certificate } });
    const secure: unknown[] = [];
    io.on('connection', ({ handshake }) => secure.push(handshake.secure, handshake.address));
    const socket = connectTls({ port, host: '127.0.0.1', ca: certificate.cert });
    expect(await ask(socket, '/rooms\n', /rooms/)).toBe('* entered /\n* rooms\n');
    expect(secure).toEqual([true, '127.0.0.1']);
  });

  it('need a key for TLS, and say so at once', () => {
    const io = new Server();
    servers.push(io);
    expect(() => io.listen('tls://127.0.0.1:0')).toThrow('"tcp.tls" must be set');
  });

  it('listen on Unix sockets, and remove the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-'));
    try {
      const path = join(folder, 'naru.sock');
      const { io } = await listen(`unix:${path}`);
      expect(await ask(connect(path), '/rooms\n', /rooms/)).toBe('* entered /\n* rooms\n');
      await io.close();
      expect(existsSync(path)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('name an endpoint in use, and release theirs when they close', async () => {
    const { io, port } = await listen('tcp://127.0.0.1:0');
    await expect(listen(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `tcp://127.0.0.1:${port} is in use by another program`,
    });
    await expect(listen('tcp://192.0.2.1:0')).rejects.toMatchObject({ code: 'IO_FAILED' });
    await io.close();
    await listen(`tcp://127.0.0.1:${port}`);
  });

  it('tell their clients when the server closes', async () => {
    const { io, port } = await listen('tcp://127.0.0.1:0');
    const reasons: unknown[] = [];
    io.on('connection', (socket) => socket.on('disconnect', (reason) => reasons.push(reason)));
    const socket = connect(port, '127.0.0.1');
    await ask(socket, '/rooms\n', /rooms/);
    const ended = new Promise((resolve) => socket.on('end', resolve));
    socket.removeAllListeners('close');
    await io.close();
    await ended;
    expect(reasons).toEqual(['server shutting down']);
  });
});
