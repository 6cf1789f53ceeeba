import { expect, it, vi } from 'vitest';
import { FakePeerConnection } from '../../../../../test/kit/fake-channels.js';
import { openLane } from '../../../src/client/lane/index.js';
import { connectPage } from './page-with-server.js';

it('goes back to the connection when the lane is blocked, and to the lane when it works again', async () => {
  const { clock, client, sockets, endpoint } = await connectPage();
  const lane = openLane(client);
  await clock.advance(1_000);
  const heard: unknown[] = [];
  const [socket] = sockets;
  socket?.on('move', (place) => {
    heard.push(place);
    socket.volatile.emit('moved', place);
  });
  client.on('moved', (place) => heard.push(`moved ${place}`));
  FakePeerConnection.isBlocked = true;
  client.volatile.emit('move', 'lost');
  await clock.advance(15_000);
  expect(lane.isFresh).toBe(false);
  client.volatile.emit('move', 'by connection');
  await clock.advance(100);
  expect(heard).toEqual(['by connection', 'moved by connection']);
  await clock.advance(60_000);
  expect([endpoint.laneCount, endpoint.counts.silent]).toEqual([expect.any(Number), 1]);
  FakePeerConnection.isBlocked = false;
  await clock.advance(120_000);
  expect(lane.isFresh).toBe(true);
  client.volatile.emit('move', 'by lane');
  await clock.advance(100);
  expect(heard.slice(2)).toEqual(['by lane', 'moved by lane']);
});

it('keeps its lane while five of six signs are lost', async () => {
  const { clock, client, port } = await connectPage();
  const lane = openLane(client);
  await clock.advance(10_000);
  const [page] = port.pages;
  if (!page) throw new Error('no lane');
  const send = page.channel.send;
  let signCount = 0;
  page.channel.send = (datagram) => {
    signCount += 1;
    if (signCount % 6 === 0) send(datagram);
  };
  for (let count = 0; count < 1_000; count += 1) {
    await clock.advance(100);
    expect(lane.isFresh).toBe(true);
  }
  page.channel.send = send;
  await clock.advance(5_000);
  signCount = 0;
  page.channel.send = (datagram) => {
    signCount += 1;
    send(datagram);
  };
  await clock.advance(40_000);
  expect(signCount).toBe(10);
});

it('opens another lane when the server closes one, and when the client reconnects', async () => {
  const { clock, client, sockets, port, endpoint } = await connectPage();
  const lane = openLane(client);
  await clock.advance(1_000);
  sockets[0]?.conn.lane?.close();
  await clock.advance(1_000);
  expect(lane.isFresh).toBe(false);
  await clock.advance(6_000);
  expect([lane.isFresh, port.peers.length]).toEqual([true, 2]);
  client.io.engine.close();
  await clock.advance(10_000);
  expect([client.connected, lane.isFresh, port.peers.length, endpoint.laneCount]).toEqual([true, true, 3, 1]);
});

it('asks less and less often when the server offers no lane', async () => {
  const { clock, client, port } = await connectPage({}, false);
  const lane = openLane(client);
  await clock.advance(600_000);
  expect([lane.isFresh, client.connected]).toEqual([false, true]);
  expect(port.pages.length).toBeGreaterThan(5);
  expect(port.pages.length).toBeLessThan(15);
  expect(port.pages.every(({ channel }) => channel.readyState !== 'open')).toBe(true);
});

it('stops everything when it is closed', async () => {
  const { clock, client, port } = await connectPage();
  const lane = openLane(client);
  lane.close();
  await clock.advance(60_000);
  expect(port.pages).toEqual([]);
  client.io.engine.close();
  await clock.advance(60_000);
  expect(port.pages).toEqual([]);
});

it('does not hold back events that are sent again until they are answered', async () => {
  const { clock, client, sockets } = await connectPage({ retries: 10 }, false);
  openLane(client);
  await clock.advance(1_000);
  const heard: unknown[] = [];
  sockets[0]?.on('buy', (what, done) => {
    heard.push(what);
    done();
  });
  client.emit('buy', 'boat');
  await clock.advance(1_000);
  expect(heard).toEqual(['boat']);
});

it('asks over any namespace of its connection', async () => {
  const { clock, server, client, port } = await connectPage();
  server.io.of('/field');
  const lane = openLane(client);
  const field = client.io.socket('/field');
  field.connect();
  await clock.advance(1_000);
  client.disconnect();
  port.peers[0]?.receiver.onEnd();
  await clock.advance(10_000);
  expect([field.connected, lane.isFresh, port.peers.length]).toEqual([true, true, 2]);
});

it('tries again when the page could not make a connection of WebRTC', async () => {
  const { clock, client } = await connectPage();
  const errors: unknown[] = [];
  vi.stubGlobal('queueMicrotask', (report: () => void) => {
    try {
      report();
    } catch (error) {
      errors.push(error);
    }
  });
  class Failing {
    constructor() {
      throw new Error('too many');
    }
  }
  vi.stubGlobal('RTCPeerConnection', Failing);
  const lane = openLane(client);
  await clock.advance(1_000);
  expect(errors).toEqual([new Error('too many')]);
  vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
  await clock.advance(6_000);
  expect(lane.isFresh).toBe(true);
});
