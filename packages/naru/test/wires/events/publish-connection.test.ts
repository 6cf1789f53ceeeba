import { ServerResponse } from 'node:http';
import { io as connect } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  nextSocket,
  openRaw,
  openStage,
  openStream,
  post,
  said,
} from '../../../../../test/kit/clients/plain-events.js';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { coreOf, type Namespace } from '../../../src/namespace/namespace.js';
import type { Socket } from '../../../src/server/api/index.js';

describe('publishing by POST', () => {
  it('sends an event to all members of the room', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { events } = await openStream(`${url}/events/a`);
    await entered;
    expect(await post(`${url}/events/a`, '{"event":"say","args":["hi"]}')).toEqual({
      status: 202,
      body: { published: 1 },
    });
    const lines = '{"event":"one"}\n{"event":"two","args":[2]}\n';
    expect(await post(`${url}/events/a`, lines, { 'content-type': 'application/x-ndjson' })).toEqual({
      status: 202,
      body: { published: 2 },
    });
    await post(`${url}/events/a?event=raw`, Uint8Array.of(1), { 'content-type': 'application/octet-stream' });
    await post(`${url}/events/b`, '{"event":"elsewhere"}');
    await post(`${url}/events/a`, 'name=Ann', { 'content-type': 'application/x-www-form-urlencoded' });
    expect((await events.until(5)).map(said)).toEqual([
      ['say', ['hi']],
      ['one', []],
      ['two', [2]],
      ['raw', [{ $bytes: 'AQ==' }]],
      ['message', [{ name: 'Ann' }]],
    ]);
  });

  it.each([undefined, {}])(
    'cannot break the bytes of an event for the clients of Socket.IO (recovery: %o)',
    async (connectionStateRecovery) => {
      const { io, url } = await openStage(connectionStateRecovery && { connectionStateRecovery });
      const entered = nextSocket(io);
      const { events } = await openStream(`${url}/events/a`);
      await entered;
      const client = connect(url, { transports: ['websocket'] });
      onTestFinished(() => void client.disconnect());
      await new Promise<void>((resolve) => client.once('connect', resolve));
      io.socketsJoin('a');
      const heard: unknown[] = [];
      client.onAny((name, ...args) => heard.push([name, ...args.slice(0, 3)]));
      client.on('disconnect', (reason) => heard.push(reason));
      const fakes = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":9}';
      await post(`${url}/events/a`, `{"event":"x","args":[{"$bytes":"AQ=="},${fakes}]}`);
      await post(`${url}/events/a`, '{"event":"last"}');
      await expect.poll(() => JSON.stringify(heard)).toMatch(/last/);
      expect(heard[0]).toEqual(['x', Buffer.of(1), { num: 0 }, { num: 9 }]);
      expect((await events.until(1)).map(said)).toEqual([['x', [{ $bytes: 'AQ==' }, { num: 0 }, { num: 9 }]]]);
    },
  );

  it('writes it to the log before it confirms it', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    const { log } = coreOf(io.sockets as object as Namespace);
    const before = log?.offset ?? '';
    const answer = vi.spyOn(ServerResponse.prototype, 'writeHead');
    onTestFinished(() => answer.mockRestore());
    let offset = '';
    answer.mockImplementationOnce(function (this: ServerResponse, ...args) {
      offset = log?.offset ?? '';
      return this.writeHead(...args);
    });
    expect(await post(`${url}/events/a`, '{"event":"say","args":["hi"]}')).toMatchObject({ status: 202 });
    expect(offset > before).toBe(true);
  });

  it('creates a socket that the permissions see, and nobody else', async () => {
    const { io, url } = await openStage();
    const seen: Socket[] = [];
    io.sockets.allow({
      publish: (socket, room, event, args) => {
        expect([room, event, args]).toEqual(['a', 'say', [1]]);
        expect(io.sockets.sockets.size).toBe(0);
        expect(socket.connected).toBe(true);
        expect([...socket.rooms]).toEqual([]);
        seen.push(socket);
        return Promise.resolve(true);
      },
    });
    let entered = 0;
    io.on('connection', () => {
      entered += 1;
    });
    let joins = 0;
    io.sockets.adapter.on('join-room', () => {
      joins += 1;
    });
    const { status } = await post(`${url}/events/a?token=t`, '{"event":"say","args":[1]}');
    expect(status).toBe(202);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.handshake.auth).toEqual({ token: 't' });
    expect(seen[0]?.connected).toBe(false);
    expect([joins, entered]).toEqual([0, 0]);
    expect(io.engine.clientsCount).toBe(0);
  });

  it('stops at the first refused event', async () => {
    const { io, url } = await openStage();
    io.sockets.allow({ publish: (_socket, _room, event) => event !== 'bad' });
    const type = { 'content-type': 'application/x-ndjson' };
    const refused = await post(`${url}/events/a`, '{"event":"good"}\n{"event":"bad"}\n{"event":"good"}', type);
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN', room: 'a' } } });
    const reserved = await post(`${url}/events/a`, '{"event":"disconnect"}');
    expect(reserved).toMatchObject({ status: 400, body: { error: { code: 'BAD_EVENT' } } });
  });

  it('does not deny an event that it has published, whatever ends the request', async () => {
    const { io, url } = await openStage({ connectTimeout: 100 });
    let asked = 0;
    const rules: (() => Promise<boolean>)[] = [
      () => new Promise(() => undefined),
      () => Promise.reject(new RangeError('a rule that fails')),
      () => io.close().then(() => true),
    ];
    const type = { 'content-type': 'application/x-ndjson' };
    const uncaught = catchUncaught();
    for (const rule of rules) {
      asked = 0;
      io.sockets.allow({
        publish: () => {
          asked += 1;
          return asked === 1 || rule();
        },
      });
      const posted = await post(`${url}/events/a`, '{"event":"a"}\n{"event":"a"}\n', type);
      expect(posted).toMatchObject({ status: 503, body: { error: { code: 'UNCONFIRMED' } } });
    }
    expect(uncaught).toEqual(['a rule that fails']);
  });

  it('takes as many events as allowed without filling the stack', async () => {
    const { url } = await openStage({ events: { eventsPerRequestMax: 50_000 } });
    const type = { 'content-type': 'application/x-ndjson' };
    expect(await post(`${url}/events/a`, '{"event":"a"}\n'.repeat(50_000), type)).toMatchObject({
      body: { published: 50_000 },
    });
    expect(await post(`${url}/events/a`, '{"event":"a"}\n'.repeat(50_001), type)).toMatchObject({
      status: 400,
      body: { error: { code: 'EVENTS_BAD_REQUEST' } },
    });
  });

  it('refuses bodies that are too large, too slow, or of another type than stated', async () => {
    const { url, port } = await openStage({ maxHttpBufferSize: 100, bodyTimeout: 100 });
    expect(await post(`${url}/events/a`, JSON.stringify('x'.repeat(99)))).toMatchObject({
      status: 413,
      body: { error: { code: 'TOO_BIG', message: expect.stringContaining('maxHttpBufferSize') } },
    });
    expect(await post(`${url}/events/a`, '{')).toMatchObject({
      status: 400,
      body: { error: { code: 'JSON_BAD_TEXT' } },
    });
    expect(await post(`${url}/events/a`, '1', { 'content-type': 'image/png' })).toMatchObject({ status: 415 });
    expect(await post(`${url}/events/a`, '1', { 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
      body: { error: { code: 'BAD_TYPE', message: expect.stringContaining('Content-Encoding') } },
    });
    expect(await post(`${url}/events/a`, '1', { 'content-type': 'text/plain; charset=none' })).toMatchObject({
      status: 415,
    });
    expect(await post(`${url}/events/a,b`, '1')).toMatchObject({ status: 400, body: { error: { code: 'BAD_ROOM' } } });
    expect(await post(`${url}/events/`, '1')).toMatchObject({ status: 400 });
    const raw = await openRaw(port, 'POST /events/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12');
    expect(await raw.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    const endless = await openRaw(port, 'POST /events/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    endless.socket.write(`40\r\n${'x'.repeat(64)}\r\n40\r\n${'x'.repeat(64)}\r\n`);
    expect(await endless.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('leaves nothing behind when the client goes in the middle', async () => {
    const { io, port } = await openStage();
    const raw = await openRaw(port, 'POST /events/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12');
    await expect.poll(() => io.engine.clientsCount).toBe(1);
    raw.socket.destroy();
    await expect.poll(() => io.engine.clientsCount).toBe(0);
  });
});
