import { io as stock } from 'socket.io-client';
import { expect, it } from 'vitest';
import { ZERO_OFFSET } from '../../../packages/naru/src/backplane/backplane.js';
import { type ClientOptions, io, type Socket } from '../../../packages/naru/src/client/index.js';
import { redis } from '../../../packages/redis/src/redis.js';
import { startRedis, whyNoRedis } from '../../../packages/redis/test/servers-and-uplinks.js';
import { atEnd, folder, type ServerSetup, startRelay, startServer } from './server-child.js';

const program = 'once-server.mjs';

function connect(url: string, options: Partial<ClientOptions> = {}): Socket {
  const socket = io(url, {
    forceNew: true,
    transports: ['websocket'],
    retries: 20,
    ackTimeout: 2_000,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    ...options,
  });
  atEnd(() => socket.disconnect());
  return socket;
}

it('returns a stored answer from the process after kill -9, without running the listener again', async () => {
  const setup: ServerSetup = { folder: folder(), program };
  const server = await startServer(setup);
  const relay = await startRelay(server.port);
  const socket = connect(relay.url);
  expect(await socket.emitWithAck('order', 1)).toBe('done 1');
  // From here on the server's answers reach nobody, and the client does not know.
  relay.mute();
  const asked = socket.emitWithAck('order', 2);
  await expect.poll(() => server.call('ran')).toEqual([1, 2]);
  await server.kill();
  const next = await startServer(setup);
  relay.target = next.port;
  relay.cut();
  expect(await asked).toBe('done 2');
  expect(await socket.emitWithAck('order', 3)).toBe('done 3');
  expect(await next.call('ran')).toEqual([3]);
});

it('makes a client of one process wait for the listener in another', async () => {
  const setup: ServerSetup = { folder: folder(), program };
  const [one, other] = [await startServer(setup), await startServer(setup)];
  const relay = await startRelay(one.port);
  const socket = connect(relay.url, { ackTimeout: 2_000 });
  const asked = socket.emitWithAck('slow', 1);
  await expect.poll(() => one.call('ran')).toEqual([1]);
  // Each answer takes the process at least 20 ms by its own timers, so the timer that marks long runs has fired by
  // then.
  for (let turn = 0; turn < 25; turn += 1) await one.call('ran');
  relay.target = other.port;
  relay.cut();
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  await one.call('answer');
  expect(await asked).toBe('done 1');
  expect(await other.call('ran')).toEqual([]);
});

it('accepts a key from the client of Socket.IO, and returns the earlier answer', async () => {
  const setup: ServerSetup = { folder: folder(), program };
  const server = await startServer(setup);
  const key = crypto.randomUUID();
  const ask = async (url: string): Promise<unknown> => {
    const socket = stock(url, { forceNew: true, transports: ['websocket'] });
    atEnd(() => socket.disconnect());
    return socket.timeout(20_000).emitWithAck('naru:once', key, 'order', 1);
  };
  expect([await ask(server.url), await ask(server.url)]).toEqual(['done 1', 'done 1']);
  expect(await server.call('ran')).toEqual([1]);
  await server.kill();
  const next = await startServer(setup);
  expect(await ask(next.url)).toBe('done 1');
  expect(await next.call('ran')).toEqual([]);
});

it.skipIf(whyNoRedis)(
  'is confirmed only when Redis has its events, although Redis stalls and the server is killed',
  async () => {
    const broker = await startRedis();
    const setup: ServerSetup = { program, options: { redis: broker.url } };
    const server = await startServer(setup);
    const relay = await startRelay(server.port);
    const socket = connect(relay.url, { ackTimeout: 60_000 });
    let answer: unknown;
    const asked = socket.emitWithAck('keep', 1);
    asked.then(
      (value) => {
        answer = value;
      },
      () => undefined,
    );
    const other = connect(relay.url, { retries: undefined });
    await expect.poll(() => server.call('ran')).toEqual([1]);
    broker.stall();
    await server.call('answer');
    // A plain acknowledgement comes when Redis has been silent for a second.
    await other.emitWithAck('note');
    expect(answer).toBeUndefined();
    await server.kill();
    await broker.kill();
    await broker.start();
    const next = await startServer(setup);
    relay.target = next.port;
    relay.cut();
    await expect.poll(() => next.call('ran')).toEqual([1]);
    expect(answer).toBeUndefined();
    await next.call('answer');
    expect(await asked).toBe('done 1');
    const backplane = redis(broker.url);
    atEnd(() => backplane.close());
    const { records } = await backplane.log.read('/', ZERO_OFFSET, 100);
    expect(records.map(({ event }) => event).filter((event) => event.includes('kept'))).toEqual(['["kept",1]']);
  },
);
