import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { clientFrame, deferred, RawPeer } from '../../../../../../test/kit/clients/raw-peer.js';
import { ConfigError } from '../../../../src/base/errors.js';
import { connect } from '../../../../src/transport/websocket/api/functions.js';
import type { ConnectOptions, ListeningOptions } from '../../../../src/transport/websocket/api/options.js';
import { Connection } from '../../../../src/transport/websocket/api/public-connection.js';
import { WebSocketServer } from '../../../../src/transport/websocket/api/server.js';
import type { WebSocketConnection } from '../../../../src/transport/websocket/connection.js';

const open: WebSocketServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    for (const client of server.clients) client.terminate();
    await server.close();
  }
});

/** Opens a server and one connection to it, and returns both ends. */
async function pair(options?: ListeningOptions, connectOptions?: ConnectOptions) {
  const { server, port } = await start(options);
  const here = deferred<Connection>();
  server.once('connection', here.resolve);
  const there = await connect(`ws://127.0.0.1:${port}`, connectOptions);
  return { here: await here.promise, there, server };
}

async function start(options?: ListeningOptions) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, options);
  open.push(server);
  await server.ready();
  return { server, port: (server.address() as AddressInfo).port };
}

describe('Connection', () => {
  it('reads on when neither the program nor a slow loop has paused it', async () => {
    const log: string[] = [];
    const peer = { readyState: 'open', pause: () => log.push('pause'), resume: () => log.push('resume') };
    const inner = peer as unknown as WebSocketConnection;
    const connection = new Connection(inner);
    const loop = connection[Symbol.asyncIterator]();
    const fill = (most: number): void => {
      for (let count = 0; count < most; count += 1) Connection.handler.onText(inner, 'x');
    };
    const drain = async (): Promise<void> => {
      for (let count = 0; count < 48; count += 1) await loop.next();
    };
    fill(64);
    connection.pause();
    connection.resume();
    expect(log).toEqual(['pause', 'pause']);
    await drain();
    expect(log.splice(0)).toEqual(['pause', 'pause', 'resume']);
    fill(48);
    connection.pause();
    await drain();
    expect([log, connection.isPaused]).toEqual([['pause', 'pause'], true]);
    connection.resume();
    expect(log.at(-1)).toBe('resume');
  });

  it('sends and emits text and binary data, unchanged or as requested', async () => {
    const { here, there } = await pair();
    const seen: unknown[] = [];
    const done = deferred<void>();
    here.on('message', (data, isBinary) => void seen.push([String(data), isBinary]));
    here.on('text', (text) => void seen.push(`text ${text}`));
    here.on('binary', (data) => {
      seen.push(`binary ${data}`);
      if (String(data) === 'd') done.resolve();
    });
    expect(there.send('a')).toBe(true);
    there.send(new TextEncoder().encode('b').buffer);
    there.send(Buffer.from('c'), { binary: false });
    there.send('d', { binary: true });
    await done.promise;
    expect(seen).toEqual([
      ...[['a', false], 'text a', ['b', true], 'binary b'],
      ...[['c', false], 'text c', ['d', true], 'binary d'],
    ]);
  });

  it.each([5, 50_000_000, null, Symbol('x'), {}, [1, 2]])(
    'throws for data that is %o, and stays open',
    async (data) => {
      const { here, there, server } = await pair();
      const text = new Promise((resolve) => here.once('message', resolve));
      for (const send of [
        () => there.send(data as never),
        () => there.send(data as never, { binary: false }),
        () => there.ping(data as never),
        () => there.pong(data as never),
        () => server.broadcast(data as never),
        () => there.close(1000, data as never),
      ])
        expect(send).toThrow(ConfigError);
      there.send('next');
      expect(await text).toBe('next');
      for (const client of server.clients) client.terminate();
      expect(() => server.broadcast(data as never)).toThrow(ConfigError);
    },
  );

  it('emits pings and pongs with their payload', async () => {
    const { here, there } = await pair();
    const ping = deferred<Buffer>();
    const pong = deferred<Buffer>();
    here.on('ping', ping.resolve);
    there.on('pong', pong.resolve);
    there.ping('are you there');
    expect([String(await ping.promise), String(await pong.promise)]).toEqual(['are you there', 'are you there']);
    const own = deferred<Buffer>();
    there.once('pong', own.resolve);
    here.pong('unasked');
    expect(String(await own.promise)).toBe('unasked');
  });

  it('closes from either end with code and reason, and shows its state', async () => {
    const { here, there } = await pair();
    expect([here.readyState, there.readyState]).toEqual([Connection.OPEN, Connection.OPEN]);
    const both = Promise.all(
      [here, there].map((end) => new Promise((resolve) => end.on('close', (...args) => resolve(args)))),
    );
    there.close(4000, 'enough');
    expect(there.readyState).toBe(Connection.CLOSING);
    expect(await both).toEqual([
      [4000, 'enough'],
      [4000, ''],
    ]);
    expect([here.readyState, there.readyState]).toEqual([Connection.CLOSED, Connection.CLOSED]);
    expect(there.send('late')).toBe(false);
  });

  it('emits error and then close when the peer breaks a rule', async () => {
    const { server, port } = await start({ messageBytesMax: 10 });
    const events: string[] = [];
    const closed = deferred<void>();
    server.on('connection', (connection) => {
      connection.on('error', (error) => void events.push(error.code));
      connection.on('close', (code, reason) => {
        events.push(`${code} ${reason}`);
        closed.resolve();
      });
    });
    const peer = await RawPeer.open(port);
    peer.send(clientFrame(0x81, 'more than ten bytes'));
    await closed.promise;
    expect(events).toEqual(['WS_MESSAGE_TOO_BIG', '1009 message exceeds the limit of 10 bytes']);
    peer.socket.destroy();
  });

  it('holds back the sender: send returns false, drained and drain report the end', async () => {
    const { here, there } = await pair({}, { coalesce: false });
    here.pause();
    expect(here.isPaused).toBe(true);
    while (there.send(Buffer.alloc(200_000)));
    expect(there.bufferedAmount).toBeGreaterThan(0);
    const drain = deferred<void>();
    there.on('drain', drain.resolve);
    const drained = there.drained();
    here.resume();
    expect(await drained).toBe(true);
    await drain.promise;
    expect(there.writable).toBe(true);
    expect(await there.drained()).toBe(true);
  });

  it('ends the wait of drained when the connection is lost', async () => {
    const { here, there } = await pair({}, { coalesce: false });
    here.pause();
    while (there.send(Buffer.alloc(200_000)));
    const drained = there.drained();
    there.terminate();
    expect(await drained).toBe(false);
    expect(await there.drained()).toBe(false);
  });

  it('delivers its messages to for await, and holds back those not requested', async () => {
    const { here, there } = await pair();
    for (let count = 0; count < 500; count += 1) there.send(`${count}`);
    there.close(1000);
    const seen: unknown[] = [];
    for await (const message of here) {
      seen.push(message);
      if (seen.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, count) => `${count}`));
  });

  it.each(['close', 'terminate'] as const)('delivers nothing to for await after its own %s', async (end) => {
    const { here, there } = await pair();
    for (let count = 0; count < 200; count += 1) there.send(`${count}`);
    const seen: unknown[] = [];
    for await (const message of here) {
      seen.push(message);
      // Others wait by now.
      await new Promise((resolve) => setImmediate(resolve));
      if (seen.length === 3) here[end]();
    }
    expect(seen).toEqual(['0', '1', '2']);
  });

  it('throws out of for await when the peer breaks a rule', async () => {
    const { server, port } = await start();
    const looped = deferred<unknown>();
    server.on('connection', async (connection) => {
      try {
        for await (const _ of connection);
      } catch (error) {
        looped.resolve(error);
      }
    });
    const peer = await RawPeer.open(port);
    peer.send(clientFrame(0x81, 'fine'), clientFrame(0x83));
    expect(await looped.promise).toMatchObject({ code: 'WS_BAD_FRAME' });
    peer.socket.destroy();
  });

  it('continues with its events after for await is left', async () => {
    const { here, there } = await pair();
    there.send('one');
    for await (const message of here) {
      expect(message).toBe('one');
      break;
    }
    const next = deferred<string>();
    here.on('text', next.resolve);
    there.send('two');
    expect(await next.promise).toBe('two');
  });

  it('talks to ws on either side with compression', async () => {
    const { server, port } = await start({ perMessageDeflate: { threshold: 0 } });
    server.on('connection', (connection) => {
      expect(connection.extensions).toBe('permessage-deflate');
      connection.on('message', (data) => connection.send(data));
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await once(socket, 'open');
    socket.send('x'.repeat(10_000));
    const [data] = await once(socket, 'message');
    expect(String(data)).toHaveLength(10_000);
  });
});
