import { expect, it, vi } from 'vitest';
import type { FakePeerConnection } from '../../../../../test/kit/fake-channels.js';
import { openLane } from '../../../src/client/lane/index.js';
import { connectPage } from './page-with-server.js';

it('carries volatile events in both directions, and nothing else', async () => {
  const { clock, client, sockets, endpoint } = await connectPage();
  const lane = openLane(client);
  await clock.advance(1_000);
  expect([lane.isFresh, endpoint.counts.opened]).toEqual([true, 1]);
  const [socket] = sockets;
  const overLane: string[] = [];
  const receive = socket?.conn.onVolatile.bind(socket.conn);
  vi.spyOn(socket?.conn as NonNullable<typeof socket>['conn'], 'onVolatile').mockImplementation((source, units) => {
    overLane.push(String(units[0]));
    receive?.(source, units);
  });
  const heard: unknown[][] = [];
  socket?.onAny((...args: unknown[]) => heard.push(args));
  client.onAny((...args: unknown[]) => heard.push(args));
  client.emit('buy');
  client.volatile.emit('move', Buffer.of(3));
  socket?.volatile.emit('moved', { deep: Buffer.of(4) });
  await clock.advance(100);
  expect(overLane).toEqual(['451-["move",{"_placeholder":true,"num":0}]']);
  expect(heard).toHaveLength(3);
  expect(heard).toEqual(expect.arrayContaining([['buy'], ['move', Buffer.of(3)], ['moved', { deep: Buffer.of(4) }]]));
});

it('gives a connection one lane, also when it is already connected', async () => {
  const { clock, client, endpoint } = await connectPage();
  await clock.advance(1_000);
  const lane = openLane(client);
  expect(openLane(client)).toBe(lane);
  await clock.advance(1_000);
  expect([lane.isFresh, endpoint.laneCount]).toEqual([true, 1]);
  lane.close();
  await clock.advance(1_000);
  expect([lane.isFresh, endpoint.laneCount]).toEqual([false, 0]);
  const next = openLane(client);
  expect(next).not.toBe(lane);
  await clock.advance(1_000);
  lane.close();
  expect([openLane(client) === next, endpoint.laneCount]).toEqual([true, 1]);
});

it('sends volatile events over a lane that was closed and opened again, and leaves no listeners behind', async () => {
  const { clock, client, port } = await connectPage();
  await clock.advance(1_000);
  const countListeners = () =>
    client.io.listeners('packet').length +
    client.io.listeners('close').length +
    client.io.engine.listeners('upgrade').length;
  const listenerCount = countListeners();
  for (let count = 0; count < 3; count += 1) {
    const lane = openLane(client);
    await clock.advance(3_000);
    const sent = vi.spyOn(port.pages[count]?.channel as FakePeerConnection['channel'], 'send');
    client.volatile.emit('move');
    expect(sent).toHaveBeenCalledOnce();
    lane.close();
  }
  expect(countListeners()).toBe(listenerCount);
});

it('leaves everything to the connection without WebRTC, and with a parser', async () => {
  const { clock, client, endpoint } = await connectPage();
  vi.stubGlobal('RTCPeerConnection', undefined);
  const without = openLane(client);
  await clock.advance(1_000);
  without.close();
  Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
  const lane = openLane(client);
  await clock.advance(1_000);
  expect([lane.isFresh, client.connected, endpoint.counts.refused]).toEqual([false, true, 0]);
});
