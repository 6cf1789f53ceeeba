import { afterEach, describe, expect, it } from 'vitest';
import { TestServer, type TestServerOptions } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

let server: TestServer;

function start(options: TestServerOptions = {}): { reasons: [string, number][] } {
  server = new TestServer(options);
  const reasons: [string, number][] = [];
  server.io.on('connection', (socket) => {
    socket.on('disconnect', (reason) => reasons.push([reason, server.clock.elapsed]));
  });
  return { reasons };
}

afterEach(async () => {
  await server.close();
  expect(server.leftovers()).toEqual({ sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 });
});

describe('the heartbeat', () => {
  it('sends a ping after pingInterval and ends the session exactly pingTimeout later', async () => {
    const { reasons } = start({ server: { pingInterval: 25_000, pingTimeout: 20_000 } });
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.advance(24_999);
    expect(client.texts).not.toContain('2');
    await server.clock.advance(1);
    expect(client.texts).toContain('2');
    await server.clock.advance(19_999);
    expect(reasons).toEqual([]);
    await server.clock.advance(1);
    expect(reasons).toEqual([['ping timeout', 45_000]]);
  });

  it('keeps the session while pings are answered', async () => {
    const { reasons } = start({ server: { pingInterval: 1_000, pingTimeout: 500 } });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.advance(60_000);
    expect(reasons).toEqual([]);
    expect(client.texts.filter((text) => text === '2')).toHaveLength(60);
  });

  it('notices a silent network', async () => {
    const { reasons } = start({ server: { pingInterval: 1_000, pingTimeout: 500 } });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.advance(3_200);
    client.link?.hold();
    await server.clock.advance(10_000);
    expect(reasons).toEqual([['ping timeout', 4_500]]);
    expect(server.leftovers().sessions).toBe(0);
  });

  it('survives a silence shorter than the timeout', async () => {
    const { reasons } = start({ server: { pingInterval: 1_000, pingTimeout: 500 } });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.advance(900);
    client.link?.hold();
    await server.clock.advance(500);
    client.link?.release();
    await server.clock.advance(10_000);
    expect(reasons).toEqual([]);
  });

  it('keeps the heartbeats of many sessions apart', async () => {
    const { reasons } = start({ server: { pingInterval: 1_000, pingTimeout: 500 }, delayMs: [0, 30] });
    const clients: RawClient[] = [];
    for (let index = 0; index < 50; index += 1) {
      const opening = RawClient.open(server, { answersPings: index % 2 === 0 });
      await server.clock.advance(100);
      clients.push((await opening).send('40'));
    }
    await server.clock.advance(10_000);
    expect(reasons).toHaveLength(25);
    expect(server.io.engine.clientsCount).toBe(25);
    for (const [index, client] of clients.entries()) expect(client.ended === undefined).toBe(index % 2 === 0);
  });
});

describe('a client that joins no namespace', () => {
  it('is closed exactly at connectTimeout', async () => {
    start({ server: { connectTimeout: 5_000 } });
    const client = await RawClient.open(server);
    await server.clock.advance(4_999);
    expect(server.leftovers().sessions).toBe(1);
    await server.clock.advance(1);
    expect(server.leftovers().sessions).toBe(0);
    expect(client.ended?.at).toBe(5_000);
  });

  it('gets more time only by a CONNECT', async () => {
    start({ server: { connectTimeout: 5_000 } });
    const late = await RawClient.open(server, { answersPings: true });
    const joined = await RawClient.open(server);
    await server.clock.advance(2_000);
    joined.send('40');
    late.send('3');
    await server.clock.advance(3_000);
    expect([late.ended === undefined, joined.ended === undefined]).toEqual([false, true]);
  });
});

describe('a connection', () => {
  it.each([
    ['cut', 'transport error', (client: RawClient) => client.link?.cut()],
    ['destroyed by the client', 'transport close', (client: RawClient) => client.terminate()],
    ['closed by the client', 'transport close', (client: RawClient) => client.close()],
    ['left by the client', 'client namespace disconnect', (client: RawClient) => client.send('41')],
  ])('that is %s ends with %s', async (_how, reason, end) => {
    const { reasons } = start();
    const client = await RawClient.open(server);
    client.send('40');
    await server.clock.settle();
    end(client);
    await server.clock.settle();
    expect(reasons).toEqual([[reason, 0]]);
  });

  it('delivers each event once and in order over a very bad network', async () => {
    start({ seed: 11, splitsMax: 20, delayMs: [0, 200], windowBytes: 64 });
    const got: unknown[] = [];
    server.io.on('connection', (socket) => socket.on('n', (value) => got.push(value)));
    const opening = RawClient.open(server);
    await server.clock.advance(10_000);
    const client = await opening;
    client.send('40');
    for (let value = 0; value < 200; value += 1) client.send(`42["n",${value}]`);
    await server.clock.advance(20_000);
    expect(got).toEqual(Array.from({ length: 200 }, (_, value) => value));
  });
});
