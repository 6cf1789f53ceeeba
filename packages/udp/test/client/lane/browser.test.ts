// needs: package
/** The lane in a real browser. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Server } from '../../../../naru/src/entry/index.js';
import { endpointContextOf } from '../../../../naru/src/server/api/server.js';
import { inBrowser, isBrowserRunnable } from '../../../../naru/test/client/bundle.js';
import type { StockServer } from '../../../../naru/test/client/stock/server.js';
import { type WebRtcEndpoint, webrtc } from '../../../src/server/webrtc.js';
import type { WebRtcOptions } from '../../../src/server/webrtc-options.js';
import { bundlePublished, LANE_PAGE } from './published.js';

declare const naru: {
  readonly io: typeof import('naru/client').io;
  readonly openLane: typeof import('@naru/udp/lane').openLane;
};

async function serve(endpoint: string, options: WebRtcOptions = {}) {
  const http = createServer();
  const io = new Server(http, { wires: [webrtc(options)] });
  onTestFinished(async () => {
    http.closeAllConnections();
    await io.close();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  io.listen(endpoint);
  await io.ready();
  /** The events that came over the lane, as the session receives them. */
  const overLane: string[] = [];
  io.on('connection', (socket) => {
    const receive = socket.conn.onVolatile.bind(socket.conn);
    socket.conn.onVolatile = (source, units) => {
      overLane.push(String(units[0]));
      receive(source, units);
    };
    socket.on('move', (place, bytes) => socket.volatile.emit('moved', place, bytes));
    socket.on('state', (answer) => answer({ isFresh: (socket.conn.lane as { isFresh?: boolean })?.isFresh === true }));
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const [lanes] = io.endpoints as unknown as [WebRtcEndpoint];
  return { io, lanes, overLane, stock: { http, url } as unknown as StockServer };
}

describe.skipIf(!isBrowserRunnable)('in Chromium, a lane', { timeout: 120_000 }, () => {
  it('carries volatile events in both directions, and leaves them to the WebSocket when it is closed', async () => {
    const { lanes, overLane, stock } = await serve('webrtc://:0');
    await inBrowser(stock, await bundlePublished(LANE_PAGE), async (page) => {
      const seen = await page.evaluate(async () => {
        const socket = naru.io({ transports: ['websocket'] });
        const lane = naru.openLane(socket);
        while (!lane.isFresh) await new Promise((resolve) => setTimeout(resolve, 20));
        let sentByWebSocket = 0;
        const { transport } = socket.io.engine;
        const send = transport.send.bind(transport);
        transport.send = (packets) => {
          sentByWebSocket += packets.filter(({ type }) => type === 'message').length;
          send(packets);
        };
        let receivedByWebSocket = 0;
        socket.io.engine.on('data', () => {
          receivedByWebSocket += 1;
        });
        let newest: unknown;
        let bytes: number[] = [];
        socket.on('moved', (place: unknown, attached?: ArrayBuffer) => {
          newest = place;
          bytes = [...new Uint8Array(attached ?? [])];
        });
        // A volatile event may be lost, so it is repeated.
        const move = async (place: unknown, ...attached: unknown[]) => {
          while (newest !== place) {
            socket.volatile.emit('move', place, ...attached);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        };
        for (let place = 0; place < 20; place += 1) await move(place, new Uint8Array([place]));
        const byLane = { newest, bytes, sentByWebSocket, receivedByWebSocket };
        await move('x'.repeat(2_000));
        const large = { isByWebSocket: sentByWebSocket > 0 && receivedByWebSocket > 0, isFresh: lane.isFresh };
        lane.close();
        await move('last');
        return { byLane, large, isFresh: lane.isFresh };
      });
      expect(seen).toEqual({
        byLane: { newest: 19, bytes: [19], sentByWebSocket: 0, receivedByWebSocket: 0 },
        large: { isByWebSocket: true, isFresh: true },
        isFresh: false,
      });
      expect(overLane.length).toBeGreaterThanOrEqual(20);
      expect(lanes.counts).toMatchObject({ opened: 1, flooded: 0, misused: 0 });
      await expect.poll(() => lanes.laneCount).toBe(0);
    });
  });

  it('behind a blocked port leaves everything to the WebSocket', async () => {
    // Nothing listens at the announced address. 192.0.2.0/24 is for documentation, and no packet arrives there.
    const { lanes, stock } = await serve('webrtc://127.0.0.1:0', { publicHosts: ['192.0.2.1'] });
    await inBrowser(stock, await bundlePublished(LANE_PAGE), async (page) => {
      const seen = await page.evaluate(async () => {
        const socket = naru.io({ transports: ['websocket'] });
        const lane = naru.openLane(socket);
        await new Promise<void>((resolve) => socket.on('connect', resolve));
        let newest = -1;
        socket.on('moved', (place: number) => {
          newest = place;
        });
        for (let place = 0; place < 30; place += 1) {
          while (newest !== place) {
            socket.volatile.emit('move', place);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
        return { newest, isFresh: lane.isFresh, isConnected: socket.connected };
      });
      expect(seen).toEqual({ newest: 29, isFresh: false, isConnected: true });
      await expect.poll(() => lanes.counts.unopened + lanes.counts.closed).toBe(1);
      expect(lanes.counts.opened).toBe(0);
    });
  });

  it('that is blocked while it is up leaves everything to the WebSocket', async () => {
    const { io, lanes, stock } = await serve('webrtc://127.0.0.1:0');
    const relay = await openRelay((lanes.address as AddressInfo).port);
    // The page is told the port of the relay.
    const { calls } = endpointContextOf(io).namespaces.context;
    const call = calls.get('naru:channel');
    calls.set('naru:channel', (namespace, member, args, answer) =>
      call?.(namespace, member, args, (described) => answer({ ...(described as object), port: relay.port })),
    );
    await inBrowser(stock, await bundlePublished(LANE_PAGE), async (page) => {
      await page.evaluate(async () => {
        const socket = naru.io({ transports: ['websocket'] });
        const lane = naru.openLane(socket);
        while (!lane.isFresh) await new Promise((resolve) => setTimeout(resolve, 20));
        Object.assign(globalThis, { socket, lane });
      });
      expect(relay.passedCount()).toBeGreaterThan(0);
      relay.block();
      const seen = await page.evaluate(async () => {
        const { socket, lane } = globalThis as unknown as {
          socket: ReturnType<typeof naru.io>;
          lane: ReturnType<typeof naru.openLane>;
        };
        let newest: unknown;
        socket.on('moved', (place: unknown) => {
          newest = place;
        });
        while (newest !== 'blocked') {
          socket.volatile.emit('move', 'blocked');
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        return { isFresh: lane.isFresh, isConnected: socket.connected };
      });
      expect(seen).toEqual({ isFresh: false, isConnected: true });
    });
  });
});

/** Opens a UDP port that passes datagrams on to a server, until it blocks them. */
async function openRelay(serverPort: number) {
  const outside = createSocket('udp4');
  const inside = createSocket('udp4');
  let client: RemoteInfo | undefined;
  let isBlocked = false;
  let passedCount = 0;
  outside.on('message', (datagram, from) => {
    client = from;
    passedCount += 1;
    if (!isBlocked) inside.send(datagram, serverPort, '127.0.0.1');
  });
  inside.on('message', (datagram) => {
    if (client && !isBlocked) outside.send(datagram, client.port, client.address);
  });
  for (const socket of [outside, inside]) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    outside.close();
    inside.close();
  });
  const block = () => {
    isBlocked = true;
  };
  return { port: outside.address().port, passedCount: () => passedCount, block };
}
