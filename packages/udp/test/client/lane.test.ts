import { describe, expect, it } from 'vitest';
import { DatagramNetwork } from '../../../../test/kit/datagram-network.js';
import { parseEndpoint } from '../../../naru/src/base/node/endpoint.js';
import { readOptions } from '../../../naru/src/base/options/table.js';
import { createClient } from '../../../naru/src/client/create-client.js';
import { nodePlatform } from '../../../naru/src/client/node/platform.js';
import type { Manager } from '../../../naru/src/client/socket/manager.js';
import type { ClientOptions } from '../../../naru/src/client/socket/options.js';
import type { Socket as ClientSocket } from '../../../naru/src/client/socket/socket.js';
import type { Socket } from '../../../naru/src/namespace/socket/socket.js';
import { endpointContextOf } from '../../../naru/src/server/api/server.js';
import { counters } from '../../../naru/src/taps/counters.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { TestServer } from '../../../testing/src/test-server.js';
import { accompany } from '../../src/client/lane.js';
import { Kind } from '../../src/protocol/datagram/layout.js';
import { UdpEndpoint } from '../../src/server/udp.js';
import { udpTable } from '../../src/server/udp-options.js';
import type { UdpLane } from '../../src/transport/lane.js';

interface Stage {
  readonly clock: FakeClock;
  readonly datagrams: DatagramNetwork;
  readonly server: TestServer;
  readonly endpoint: UdpEndpoint;
  readonly client: ClientSocket;
  readonly socket: Socket;
  readonly laneOf: () => UdpLane | undefined;
}

async function open(
  { lane = 'udp://10.9.9.9:4001', ...options }: { lane?: string | boolean } & ClientOptions = {},
  isOffered = true,
): Promise<Stage> {
  const clock = new FakeClock();
  const datagrams = new DatagramNetwork(clock);
  const server = new TestServer({ clock, server: {} });
  const address = parseEndpoint('udp://10.9.9.9:4001', { schemes: ['udp'] });
  const endpoint = new UdpEndpoint(address, endpointContextOf(server.io), readOptions(udpTable), datagrams.open);
  if (!isOffered) await endpoint.close();
  const { io } = createClient({
    ...nodePlatform,
    accompany: (connection) =>
      accompany(connection as Manager<ClientSocket>, { lane, keyExchange: true }, datagrams.open),
  });
  const sockets: Socket[] = [];
  server.io.on('connection', (socket) => sockets.push(socket as unknown as Socket));
  const client = io(server.url, { ...server.clientOptions, ...options }) as ClientSocket;
  await clock.advance(1_000);
  const [socket] = sockets;
  if (!socket) throw new Error('nobody came');
  const laneOf = (): UdpLane | undefined => socket.conn.lane as UdpLane | undefined;
  return { clock, datagrams, server, endpoint, client, socket, laneOf };
}

const dataCount = ({ datagrams }: Stage) => datagrams.sent.filter(({ bytes }) => bytes[0] === Kind.DATA).length;

describe.each([['polling'], ['websocket']])('a lane beside %s', (transport) => {
  it('carries all volatile events, both ways, attachments included, and nothing else', async () => {
    const stage = await open({ transports: [transport] });
    const { clock, client, socket, laneOf } = stage;
    expect(laneOf()?.isFresh).toBe(true);
    const heard: unknown[][] = [];
    client.onAny((...args: unknown[]) => heard.push(args));
    socket.onAny((...args: unknown[]) => heard.push(args));
    const before = dataCount(stage);
    socket.emit('ordered');
    client.emit('ordered up');
    await clock.advance(500);
    expect(dataCount(stage)).toBe(before);
    const { packetsOut, messagesIn } = counters;
    socket.volatile.emit('state', Buffer.of(1), { deep: Buffer.of(2) });
    client.volatile.emit('move', new Uint16Array([258]));
    await clock.advance(500);
    // Attachments count apart.
    expect([counters.packetsOut - packetsOut, counters.messagesIn - messagesIn]).toEqual([3, 2]);
    expect(dataCount(stage)).toBe(before + 2);
    expect(heard.slice(2)).toEqual([
      ['state', Buffer.of(1), { deep: Buffer.of(2) }],
      ['move', Buffer.of(2, 1)],
    ]);
    client.disconnect();
    await stage.server.close();
  });
});

describe('a lane', () => {
  it('disturbs no packet whose attachments are on their way on the main transport', async () => {
    const stage = await open({ transports: ['websocket'] });
    const { clock, client, socket } = stage;
    const heard: unknown[][] = [];
    socket.onAny((...args: unknown[]) => heard.push(args));
    for (let count = 0; count < 20; count += 1) {
      client.emit('ordered', count, Buffer.of(count));
      client.volatile.emit('move', count, Buffer.of(count));
      await clock.advance(7);
    }
    await clock.advance(500);
    for (const name of ['ordered', 'move'])
      expect(heard.filter(([each]) => each === name)).toEqual(
        Array.from({ length: 20 }, (_, count) => [name, count, Buffer.of(count)]),
      );
    client.disconnect();
    await stage.server.close();
  });

  it('is not used while it is silent, and used again when it is back', async () => {
    const stage = await open({ transports: ['websocket'] });
    const { clock, client, socket, laneOf, datagrams } = stage;
    const heard: unknown[] = [];
    client.on('state', (value) => heard.push(value));
    socket.on('move', (value) => heard.push(value));
    datagrams.loss = 1;
    await clock.advance(12_000);
    expect(laneOf()?.isFresh).toBe(false);
    socket.volatile.emit('state', 1);
    client.volatile.emit('move', 2);
    await clock.advance(500);
    expect(heard).toEqual([1, 2]);
    datagrams.loss = 0;
    await clock.advance(60_000);
    expect(laneOf()?.isFresh).toBe(true);
    const before = dataCount(stage);
    socket.volatile.emit('state', 3);
    await clock.advance(500);
    expect([heard.at(-1), dataCount(stage) > before]).toEqual([3, true]);
    client.disconnect();
    await stage.server.close();
  });

  it.each([['up'], ['down']])(
    'is not used by either end when nothing passes %s, and used again at once',
    async (way) => {
      const stage = await open({ transports: ['websocket'] });
      const { clock, client, socket, laneOf, datagrams } = stage;
      const first = laneOf();
      const heard: unknown[] = [];
      client.on('state', (value) => heard.push(value));
      socket.on('move', (value) => heard.push(value));
      datagrams.filter = ({ to }) => (to.port === 4_001) !== (way === 'up');
      // Data that keeps arriving in one direction does not prove that the other is open.
      for (let count = 0; count < 120; count += 1) {
        socket.volatile.emit('state', 'lost?');
        client.volatile.emit('move', 'lost?');
        await clock.advance(100);
      }
      heard.length = 0;
      expect(laneOf()?.isFresh).toBe(false);
      socket.volatile.emit('state', 1);
      client.volatile.emit('move', 2);
      await clock.advance(500);
      expect(heard.sort()).toEqual([1, 2]);
      datagrams.filter = undefined;
      await clock.advance(3_000);
      expect([laneOf() === first, laneOf()?.isFresh]).toEqual([true, true]);
      const before = dataCount(stage);
      socket.volatile.emit('state', 3);
      client.volatile.emit('move', 4);
      await clock.advance(500);
      expect([heard.slice(2).sort(), dataCount(stage) >= before + 2]).toEqual([[3, 4], true]);
      client.disconnect();
      await stage.server.close();
    },
  );

  it('continues from another port, even if the client sends nothing', async () => {
    const stage = await open({ transports: ['websocket'] });
    const { clock, client, socket, laneOf, datagrams } = stage;
    const heard: unknown[] = [];
    client.on('state', (value) => heard.push(value));
    const [former, later] = [laneOf()?.port, 50_000];
    // The client is behind a NAT that has forgotten it.
    let isTranslated = false;
    datagrams.filter = ({ bytes, from, to }) => {
      if (isTranslated) return true;
      isTranslated = true;
      if (from.port === former) datagrams.inject({ bytes, from: { port: later, address: '10.0.0.7' }, to });
      if (to.port === later) datagrams.inject({ bytes, from, to: { port: former ?? 0, address: '10.0.0.7' } });
      isTranslated = false;
      return false;
    };
    await clock.advance(5_000);
    expect(laneOf()?.port).toBe(later);
    const before = dataCount(stage);
    socket.volatile.emit('state', 1);
    await clock.advance(500);
    expect([heard, dataCount(stage) > before]).toEqual([[1], true]);
    client.disconnect();
    await stage.server.close();
  });

  it('is replaced after a long silence, unnoticed by the session', async () => {
    const stage = await open({ transports: ['websocket'] });
    const { clock, client, socket, laneOf, datagrams } = stage;
    const first = laneOf();
    datagrams.loss = 1;
    await clock.advance(50_000);
    datagrams.loss = 0;
    await clock.advance(100_000);
    expect(laneOf()).not.toBe(first);
    expect([laneOf()?.isFresh, client.connected, socket.connected, stage.endpoint.associationCount]).toEqual([
      true,
      true,
      true,
      1,
    ]);
    client.disconnect();
    await stage.server.close();
  });

  it('leaves data that is too large for a datagram to the main transport', async () => {
    const stage = await open({ transports: ['websocket'] });
    const { clock, client, socket } = stage;
    const heard: unknown[] = [];
    client.on('state', (value) => heard.push(value));
    socket.on('move', (value) => heard.push(value));
    const big = 'x'.repeat(2_000);
    socket.volatile.emit('state', big);
    client.volatile.emit('move', big);
    await clock.advance(500);
    expect(heard).toEqual([big, big]);
    client.disconnect();
    await stage.server.close();
  });

  it('ends with its session, and leaves nothing', async () => {
    const stage = await open({ transports: ['websocket'] });
    expect(stage.endpoint.associationCount).toBe(1);
    stage.client.disconnect();
    await stage.clock.advance(15_000);
    expect(stage.endpoint.associationCount).toBe(0);
    await stage.server.close();
    await stage.endpoint.close();
    expect(stage.clock.timerCount).toBe(0);
  });

  it('moves with an upgrade, and returns after a reconnection', async () => {
    const stage = await open({
      transports: ['polling', 'websocket'],
      reconnectionDelay: 100,
      reconnectionDelayMax: 200,
    });
    const { clock, client, server } = stage;
    expect(client.io.engine.transport.name).toBe('websocket');
    expect(client.io.engine.transport.sendVolatile).toBeDefined();
    let latest: Socket | undefined;
    server.io.on('connection', (socket) => {
      latest = socket as unknown as Socket;
    });
    server.network.cutAll();
    await clock.advance(10_000);
    expect(latest?.conn.lane).toBeDefined();
    expect(stage.endpoint.associationCount).toBe(1);
    client.disconnect();
    await server.close();
  });

  it('is not needed when the server has none, or the client wants none', async () => {
    for (const stage of [await open({ transports: ['websocket'] }, false), await open({ lane: false })]) {
      await stage.clock.advance(30_000);
      expect([stage.client.connected, stage.laneOf(), stage.datagrams.sent.length]).toEqual([true, undefined, 0]);
      const heard: unknown[] = [];
      stage.socket.on('move', (value) => heard.push(value));
      stage.client.volatile.emit('move', 1);
      await stage.clock.advance(500);
      expect(heard).toEqual([1]);
      stage.client.disconnect();
      await stage.server.close();
    }
  });
});
