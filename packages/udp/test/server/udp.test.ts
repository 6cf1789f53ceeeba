import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { parseEndpoint } from '../../../naru/src/base/node/endpoint.js';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { type ClientOptions, io } from '../../../naru/src/client/index.js';
import type { Socket as ClientSocket } from '../../../naru/src/client/socket/socket.js';
import type { Socket } from '../../../naru/src/namespace/socket/socket.js';
import { endpointContextOf, Server } from '../../../naru/src/server/api/server.js';
import type { EndpointLock, LockWaiter } from '../../../naru/src/server/endpoints/endpoint-lock.js';
import { handshakeRefused } from '../../../naru/src/taps/taps.js';
import { hear } from '../../../naru/test/taps/hear.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { type UdpClientOptions, udp as udpClient } from '../../src/client/udp-wire.js';
import { UdpEndpoint, udp } from '../../src/server/udp.js';
import { type UdpOptions, udpTable } from '../../src/server/udp-options.js';
import { openSystemPort, type PortOpener } from '../../src/transport/port.js';

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const socket = createSocket('udp6');
  socket.once('error', () => resolve(false));
  socket.bind(0, '::1', () => socket.close(() => resolve(true)));
});

const servers: Server[] = [];
const clients: ClientSocket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: UdpOptions = {}): Promise<{ server: Server; endpoint: UdpEndpoint; port: number }> {
  const server = new Server({ wires: [udp(options)] });
  servers.push(server);
  server.listen('udp://127.0.0.1:0');
  await server.ready();
  const endpoint = server.endpoints[0] as UdpEndpoint;
  return { server, endpoint, port: (endpoint.address as AddressInfo).port };
}

async function connect(
  port: number,
  { psk, keyExchange, ...options }: UdpClientOptions & ClientOptions = {},
  path = '',
): Promise<ClientSocket> {
  const client = io(`udp://127.0.0.1:${port}${path}`, {
    forceNew: true,
    reconnection: false,
    wires: [udpClient({ psk, keyExchange })],
    ...options,
  }) as ClientSocket;
  clients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.on('connect', resolve);
    client.on('connect_error', reject);
  });
  return client;
}

const next = (emitter: { once(name: string, listener: (...args: unknown[]) => void): unknown }, name: string) =>
  new Promise<unknown[]>((resolve) => emitter.once(name, (...args) => resolve(args)));

describe('the UDP endpoint', () => {
  it('makes a client a socket like any other', async () => {
    const { server, port } = await start();
    const connected = next(server, 'connection');
    const client = await connect(port, { auth: { name: 'ann' }, query: { team: 'blue' } });
    const [socket] = (await connected) as [Socket];
    expect(socket.handshake.auth).toEqual({ name: 'ann' });
    expect(socket.handshake.query).toMatchObject({ transport: 'udp', team: 'blue' });
    expect(socket.handshake.address).toBe('127.0.0.1');
    expect([socket.conn.transport.name, socket.conn.subprotocol]).toEqual(['udp', 'socket.io']);
    socket.on('say', (...args) => socket.emit('said', ...args));
    socket.on('ask', (question, answer) => answer(question, Buffer.of(9)));
    const said = next(client, 'said');
    client.emit('say', 'hi', Buffer.of(1, 2), { deep: Buffer.of(3) });
    expect(await said).toEqual(['hi', Buffer.of(1, 2), { deep: Buffer.of(3) }]);
    expect(await client.emitWithAck('ask', Buffer.of(7))).toEqual(Buffer.of(7));
    const gone = next(socket, 'disconnect');
    client.disconnect();
    expect((await gone)[0]).toBe('client namespace disconnect');
  });

  it('gives a client whose auth is too large for a datagram a connect_error', async () => {
    const { port } = await start();
    const client = io(`udp://127.0.0.1:${port}`, {
      wires: [udpClient()],
      forceNew: true,
      reconnection: false,
      auth: { token: 'a'.repeat(1_200) },
    });
    clients.push(client);
    const [error] = await next(client, 'connect_error');
    expect(String(error)).toMatch(/takes 12\d\d bytes, and a datagram has room for 1167/);
    expect([client.connected, client.active]).toEqual([false, false]);
    client.auth = { token: 'a' };
    client.connect();
    await next(client, 'connect');
  });

  it.runIf(hasIpv6)('listens on every address without a host, so that any address of a name works', async () => {
    const server = new Server({ wires: [udp()] });
    servers.push(server);
    server.listen('udp://:0');
    await server.ready();
    const { port } = (server.endpoints[0] as UdpEndpoint).address as AddressInfo;
    for (const host of ['127.0.0.1', '[::1]']) {
      const client = io(`udp://${host}:${port}`, { wires: [udpClient()], forceNew: true, reconnection: false });
      clients.push(client);
      await next(client, 'connect');
    }
  });

  it('falls back to IPv4 alone, and reports other errors', async () => {
    const opened: string[] = [];
    const failing =
      (code: string): PortOpener =>
      (options, receiver) => {
        opened.push(options.host);
        const failure = new UnavailableError('IO_FAILED', code, Object.assign(new Error(code), { code }));
        return options.isIpv6 ? Promise.reject(failure) : openSystemPort(options, receiver);
      };
    const { server } = await start();
    const context = endpointContextOf(server);
    const everywhere = parseEndpoint('udp://:0', { schemes: ['udp'] });
    const endpoint = new UdpEndpoint(everywhere, context, readOptions(udpTable), failing('EAFNOSUPPORT'));
    await endpoint.ready;
    expect([opened, (endpoint.address as AddressInfo).family]).toEqual([['::', '0.0.0.0'], 'IPv4']);
    await endpoint.close();
    await expect(new UdpEndpoint(everywhere, context, readOptions(udpTable), failing('EACCES')).ready).rejects.toThrow(
      'EACCES',
    );
  });

  it.runIf(hasIpv6).each(['[::FFFF:127.0.0.1]', '[0:0:0:0:0:0:0:1]', '[::0001]'])(
    'answers a client that writes its address as %s',
    async (host) => {
      const server = new Server({ wires: [udp()] });
      servers.push(server);
      server.listen('udp://:0');
      await server.ready();
      const { port } = (server.endpoints[0] as UdpEndpoint).address as AddressInfo;
      const client = io(`udp://${host}:${port}`, { wires: [udpClient()], forceNew: true, reconnection: false });
      clients.push(client);
      await next(client, 'connect');
    },
  );

  it('offers lanes as long as one of several endpoints is open', async () => {
    const { server, endpoint, port } = await start();
    server.listen('udp://127.0.0.1:0');
    await server.ready();
    const second = server.endpoints[1] as UdpEndpoint;
    const { port: secondPort } = second.address as AddressInfo;
    const client = await connect(port);
    const ask = async (): Promise<unknown> => {
      const [answer] = await new Promise<unknown[]>((resolve) => {
        client.timeout(300).emit('naru:lane', (error: unknown, given: unknown) => resolve([error ? 'none' : given]));
      });
      return answer;
    };
    expect(await ask()).toMatchObject({ endpoint: `udp://:${secondPort}` });
    server.listen(`udp://127.0.0.1:${port}`);
    await expect((server.endpoints[2] as UdpEndpoint).ready).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect(await ask()).toMatchObject({ endpoint: `udp://:${secondPort}` });
    await second.close();
    expect(await ask()).toMatchObject({ endpoint: `udp://:${port}` });
    const closed = next(client, 'disconnect');
    await endpoint.close();
    await closed;
  });

  it('lets clients into rooms, namespaces and broadcasts', async () => {
    const { server, port } = await start();
    server.on('connection', (socket) => socket.join('room'));
    server.of('/chat');
    const [one, other, chatter] = await Promise.all([connect(port), connect(port), connect(port, {}, '/chat')]);
    const heard = Promise.all([next(one, 'news'), next(other, 'news')]);
    server.to('room').emit('news', 1);
    expect(await heard).toEqual([[1], [1]]);
    expect(chatter.connected).toBe(true);
    const refused = connect(port, {}, '/nowhere');
    await expect(refused).rejects.toThrow('Invalid namespace');
  });

  it('throws at the sender of an event that does not fit into a datagram, and leaves it out of a broadcast', async () => {
    const { server, endpoint, port } = await start();
    const connected = next(server, 'connection');
    const client = await connect(port);
    const [socket] = (await connected) as [Socket];
    const big = 'x'.repeat(1_200);
    expect(() => socket.emit('news', big)).toThrow(/takes 12\d\d bytes, and a datagram has room for 1167/);
    expect(() => socket.volatile.emit('news', Buffer.alloc(1_200))).toThrow('a datagram has room for 1167');
    expect(() => client.emit('news', big)).toThrow('a datagram has room for 1167');
    const told = next(server.engine, 'oversize');
    const heard = next(client, 'news');
    server.emit('news', big);
    server.emit('news', 'small');
    expect(await heard).toEqual(['small']);
    expect(await told).toEqual([socket.conn, 1]);
    expect(endpoint.counts.oversize).toBe(1);
  });

  it('answers with an error instead of an answer that does not fit into a datagram', async () => {
    const { server, port } = await start();
    server.allow({ presence: true });
    const lobby = server.presence('lobby', { announce: true });
    const connected = next(server, 'connection');
    const client = await connect(port);
    const [socket] = (await connected) as [Socket];
    const thrown: unknown[] = [];
    socket.on('ask', (size: number, answer: (text: string) => void) => {
      try {
        answer('x'.repeat(size));
      } catch (error) {
        thrown.push(error);
      }
    });
    lobby.join(socket, { state: 'x'.repeat(1_200) });
    const tooLarge = { error: { code: 'NOT_ENCODABLE', message: expect.stringContaining('has room for 1167') } };
    expect(await client.timeout(5_000).emitWithAck('ask', 1_200)).toEqual(tooLarge);
    expect(await client.timeout(5_000).emitWithAck('naru:presence', 'lobby')).toEqual(tooLarge);
    expect([await client.timeout(5_000).emitWithAck('ask', 3), thrown]).toEqual(['xxx', []]);
  });

  it('sends all volatile events, as every event here is', async () => {
    const { server, port } = await start();
    const connected = next(server, 'connection');
    const client = await connect(port);
    const [socket] = (await connected) as [Socket];
    const seen: unknown[] = [];
    client.on('state', (value) => seen.push(value));
    const done = next(client, 'done');
    for (let count = 0; count < 5; count += 1) socket.volatile.emit('state', count);
    socket.emit('done');
    await done;
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('requires a secret if it has one', async () => {
    const { port } = await start({ psk: 'knock knock', requireKeyExchange: true });
    expect((await connect(port, { psk: 'knock knock' })).connected).toBe(true);
    expect((await connect(port, { psk: 'knock knock', keyExchange: false })).connected).toBe(true);
    await expect(connect(port, { psk: 'knock' })).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('Wrong key') }),
    });
  });

  it('reports a port in use, and accepts clients after the other server has released it', async () => {
    const { server, port } = await start();
    const second = new Server({ wires: [udp()] });
    servers.push(second);
    second.listen(`udp://127.0.0.1:${port}`);
    await expect(second.ready()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    const client = await connect(port);
    const lost = next(client, 'disconnect');
    await server.close();
    expect((await lost)[0]).toMatch(/transport close|io server disconnect/);
    const third = new Server({ wires: [udp()] });
    servers.push(third);
    third.listen(`udp://127.0.0.1:${port}`);
    await third.ready();
    expect((await connect(port)).connected).toBe(true);
  });

  it('drops noise of any kind, and serves the other clients', async () => {
    const { endpoint, port } = await start();
    const client = await connect(port);
    const noise = createSocket('udp4');
    let seed = 7;
    for (let count = 0; count < 300; count += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      const bytes = Buffer.alloc(seed % 1_300, seed & 255);
      if (count % 2 === 0 && bytes.byteLength > 0) bytes[0] = 0x11 + (count % 12);
      await new Promise((resolve) => noise.send(bytes, port, '127.0.0.1', resolve));
    }
    noise.close();
    expect(client.connected).toBe(true);
    expect(endpoint.associationCount).toBe(1);
    await vi.waitFor(() => expect(endpoint.counts.malformed).toBeGreaterThan(100), { timeout: 20_000 });
  });
});

describe('a UDP endpoint that another process has', () => {
  async function make(openPort?: PortOpener) {
    const { server } = await start();
    const waiters: LockWaiter[] = [];
    const told: unknown[] = [];
    const askForLock = (_url: string, waiter: LockWaiter): EndpointLock => {
      waiters.push(waiter);
      return { opened: (port) => told.push(port), release: () => told.push('release') };
    };
    const clock = new FakeClock();
    const context = endpointContextOf(server);
    const address = parseEndpoint('udp://127.0.0.1:0', { schemes: ['udp'] });
    const settings = { ...context.settings, clock };
    const endpoint = new UdpEndpoint(address, { ...context, settings, askForLock }, readOptions(udpTable), openPort);
    return { server, clock, endpoint, told, waiter: waiters[0] as LockWaiter };
  }

  it('is ready while it waits, opens the port of the other process with the lock, and releases it', async () => {
    const { endpoint, told, waiter } = await make();
    waiter.onWait();
    await endpoint.ready;
    expect(endpoint.address).toBeUndefined();
    const free = createSocket('udp4').bind(0, '127.0.0.1');
    await next(free, 'listening');
    const { port } = free.address();
    await new Promise<void>((resolve) => free.close(resolve));
    waiter.onLock(port);
    await vi.waitFor(() => expect(told).toEqual([port]));
    expect((endpoint.address as AddressInfo).port).toBe(port);
    await endpoint.close();
    expect(told).toEqual([port, 'release']);
  });

  it('tries again each second while another program has the port, and reports that', async () => {
    let tries = 0;
    const openPort: PortOpener = (...args) => {
      tries += 1;
      if (tries < 3) return Promise.reject(new UnavailableError('ADDRESS_IN_USE', 'in use'));
      return openSystemPort(...args);
    };
    const { server, clock, endpoint, told, waiter } = await make(openPort);
    const errors: unknown[] = [];
    server.engine.on('endpoint_error', (_endpoint, error) => errors.push(error));
    waiter.onWait();
    waiter.onLock(undefined);
    await clock.advance(999);
    expect(tries).toBe(1);
    await clock.advance(1);
    expect(tries).toBe(2);
    await clock.advance(1_000);
    await vi.waitFor(() => expect(told).toEqual([(endpoint.address as AddressInfo).port]));
    expect(errors).toHaveLength(2);
    await endpoint.close();
    expect(clock.timerCount).toBe(0);
  });

  it('releases its lock when it cannot open the port at once', async () => {
    const { endpoint, told, waiter } = await make(() => Promise.reject(new UnavailableError('IO_FAILED', 'no')));
    waiter.onLock(undefined);
    await expect(endpoint.ready).rejects.toThrow('no');
    expect(told).toEqual(['release']);
  });

  it('is ready when it is closed before anybody has answered', async () => {
    const { endpoint, told } = await make();
    await endpoint.close();
    await endpoint.ready;
    expect(told).toEqual(['release']);
  });
});

describe('the tap of refusals tells of a client over UDP', () => {
  it('that has another secret', async () => {
    const heard = hear(handshakeRefused);
    const { port } = await start({ psk: 'a secret of this endpoint' });
    await expect(connect(port, { psk: 'another secret of a client' })).rejects.toThrow();
    const facts = { reason: 'forbidden', detail: 'WRONG_KEY', status: 403, transport: 'udp', address: '127.0.0.1' };
    expect(heard[0]).toEqual(['handshake.refused', facts]);
  });

  it('that is one too many', async () => {
    const heard = hear(handshakeRefused);
    const { port } = await start({ sessionsPerAddressMax: 1 });
    await connect(port);
    expect(heard).toEqual([]);
    await expect(connect(port)).rejects.toThrow();
    expect(heard).toMatchObject([['handshake.refused', { reason: 'overloaded', detail: 'FULL', status: 503 }]]);
  });

  it('that comes too fast', async () => {
    const heard = hear(handshakeRefused);
    const { server, port } = await start();
    vi.spyOn(server.engine.admission.pace, 'tryBegin').mockReturnValue(false);
    await expect(connect(port)).rejects.toThrow();
    expect(heard).toMatchObject([['handshake.refused', { reason: 'crowded', transport: 'udp' }]]);
  });
});
