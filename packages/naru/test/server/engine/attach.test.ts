import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket as NetSocket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { nodeInternalsFor } from '../../../src/node-internals/choose.js';
import { Server } from '../../../src/server/api/server.js';
import { type AnyHttpServer, attachEngine, toPrefix } from '../../../src/server/engine/attach.js';

function build(options: { acceptsUpgrades?: boolean; destroyUpgrade?: boolean } = {}) {
  const http = new EventEmitter();
  const clock = new FakeClock();
  const calls: string[] = [];
  http.on('request', (request) => calls.push(`application ${request.url}`));
  const detach = attachEngine(
    http as unknown as AnyHttpServer,
    {
      handleRequest: (request) => calls.push(`engine ${request.url}`),
      handleUpgrade: (request) => calls.push(`upgrade ${request.url}`),
    },
    {
      takes: (url) => url.startsWith('/socket.io/'),
      clock,
      acceptsUpgrades: true,
      destroyUpgrade: true,
      destroyUpgradeTimeout: 1_000,
      nodeInternals: nodeInternalsFor(true),
      ...options,
    },
  );
  const ask = (url: string): boolean => http.emit('request', { url } as IncomingMessage, {} as ServerResponse);
  return { http, clock, calls, detach, ask };
}

describe('attachEngine', () => {
  it('takes requests under its path and leaves the rest to earlier listeners', () => {
    const { calls, ask } = build();
    for (const url of ['/socket.io/?EIO=4', '/socket.iox', '/', '/app/socket.io/']) ask(url);
    expect(calls).toEqual([
      'engine /socket.io/?EIO=4',
      'application /socket.iox',
      'application /',
      'application /app/socket.io/',
    ]);
  });

  it('ends upgrades that nobody answers, and only those', async () => {
    const { http, clock, calls } = build();
    const [lost, answered] = [new PassThrough(), new PassThrough() as PassThrough & { bytesWritten: number }];
    http.emit('upgrade', { url: '/other' }, lost, Buffer.alloc(0));
    http.emit('upgrade', { url: '/other' }, answered, Buffer.alloc(0));
    http.emit('upgrade', { url: '/socket.io/' }, new PassThrough(), Buffer.alloc(0));
    answered.bytesWritten = 10;
    await clock.advance(999);
    expect(lost.writableEnded).toBe(false);
    await clock.advance(1);
    expect(lost.writableEnded).toBe(true);
    expect(answered.writableEnded).toBe(false);
    expect(calls).toEqual(['upgrade /socket.io/']);
  });

  it('drops an upgrade that nobody answers, also if its peer never stops sending', async () => {
    const { http, clock } = build();
    const lost = new PassThrough();
    http.emit('upgrade', { url: '/other' }, lost, Buffer.alloc(0));
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lost.destroyed).toBe(true);
  });

  it('leaves all upgrades alone if told to', async () => {
    const { http, clock } = build({ destroyUpgrade: false });
    http.emit('upgrade', { url: '/other' }, new PassThrough(), Buffer.alloc(0));
    expect(clock.timerCount).toBe(0);
    expect(build({ acceptsUpgrades: false }).http.listenerCount('upgrade')).toBe(0);
  });

  it('gives up its upgrades, and still answers its requests', () => {
    const { http, detach, ask, calls } = build();
    detach();
    expect(http.listenerCount('upgrade')).toBe(0);
    ask('/socket.io/');
    expect(calls).toEqual(['engine /socket.io/']);
  });

  it('ends its own later upgrades after giving them up, if others listen to upgrades', async () => {
    const { http, clock, detach } = build();
    http.on('upgrade', () => {});
    detach();
    const [late, foreign] = [new PassThrough(), new PassThrough()];
    http.emit('upgrade', { url: '/socket.io/' }, late, Buffer.alloc(0));
    http.emit('upgrade', { url: '/other' }, foreign, Buffer.alloc(0));
    await clock.advance(1_000);
    expect(late.writableEnded).toBe(true);
    expect(foreign.writableEnded).toBe(false);
  });
});

describe('attachEngine at a port', () => {
  const UPGRADE = 'GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  /** A Node server with an engine, which answers requests with `ok`. */
  async function listen(settings: { destroyUpgrade: boolean; isGivenUp: boolean }) {
    const http = createServer((_request, response) => void response.end('ok'));
    const clock = new FakeClock();
    const { destroyUpgrade, isGivenUp } = settings;
    const target = { handleRequest: () => undefined, handleUpgrade: () => undefined };
    const takes = (url: string) => url.startsWith(isGivenUp ? '/nowhere' : '/socket.io/');
    const nodeInternals = nodeInternalsFor(true);
    const all = { takes, clock, nodeInternals, acceptsUpgrades: true, destroyUpgrade, destroyUpgradeTimeout: 1_000 };
    const detach = attachEngine(http, target, all);
    // Another listener for upgrades, without which Node would treat an upgrade as a request.
    if (isGivenUp) http.on('upgrade', () => undefined);
    if (isGivenUp) detach();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const client = connect((http.address() as AddressInfo).port, '127.0.0.1');
    return { http, clock, client };
  }

  it.each([
    { destroyUpgrade: true, isGivenUp: false },
    { destroyUpgrade: false, isGivenUp: false },
    { destroyUpgrade: true, isGivenUp: true },
  ])('survives the reset of an unanswered upgrade, with %o', async (settings) => {
    const { http, client } = await listen(settings);
    client.write(UPGRADE);
    const [, socket] = (await once(http, 'upgrade')) as [IncomingMessage, NetSocket];
    expect(socket.listenerCount('error')).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.resetAndDestroy();
    await closed;
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' });
    http.close();
  });

  it('ends an upgrade without an answer after an answered request', async () => {
    const { http, client, clock } = await listen({ destroyUpgrade: true, isGivenUp: false });
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'data');
    client.write(UPGRADE);
    const [, socket] = (await once(http, 'upgrade')) as [IncomingMessage, NetSocket];
    expect(socket.bytesWritten).toBeGreaterThan(0);
    const ended = once(client, 'end');
    await clock.advance(1_000);
    await ended;
    client.destroy();
    http.close();
  });
});

describe('an engine with functions for its requests, at a port', () => {
  it('closes a connection with an upgrade after a request that waits for its answer', async () => {
    const http = createServer();
    const io = new Server(http);
    // Each function gets its own response for an upgrade, and Node allows only one response per connection.
    io.engine.use((_request, _response, next) => next());
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const { port } = http.address() as AddressInfo;
    const handshake = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await handshake.text()).slice(1)) as { sid: string };
    const client = connect(port, '127.0.0.1');
    const ended = once(client.resume(), 'close');
    const target = (transport: string): string => `GET /socket.io/?EIO=4&transport=${transport}&sid=${sid} HTTP/1.1`;
    const version = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    client.write(
      `${target('polling')}\r\nHost: a\r\n\r\n` +
        `${target('websocket')}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${version}\r\n\r\n`,
    );
    await ended;
    expect(client.bytesRead).toBe(0);
    await io.close();
  });
});

describe('toPrefix', () => {
  it.each([
    ['/a', true, '/a/'],
    ['/a/', true, '/a/'],
    ['/a/', false, '/a'],
    ['/a', false, '/a'],
  ])('turns %j (slash: %j) into %j', (path, addTrailingSlash, prefix) => {
    expect(toPrefix(path, addTrailingSlash)).toBe(prefix);
  });
});
