import { describe, expect, it } from 'vitest';
import {
  nextSocket,
  openRaw,
  openStage,
  openStream,
  openTexts,
  post,
  said,
} from '../../../../../test/kit/clients/plain-events.js';

describe('a client of plain events', () => {
  it('is a socket like any other: transport, address, credentials, rooms', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    await openStream(`${url}/events/a,b?x=1`, { authorization: 'Bearer t' });
    const socket = await entered;
    expect(socket.conn.transport.name).toBe('sse');
    expect(socket.conn.subprotocol).toBe('events');
    expect(socket.handshake.auth).toEqual({ authorization: 'Bearer t', scheme: 'bearer', token: 't' });
    expect(socket.handshake.query).toMatchObject({ x: '1' });
    expect(socket.handshake.url).toBe('/events/a,b?x=1');
    expect(socket.request.headers.authorization).toBe('Bearer t');
    expect([...socket.rooms]).toEqual([socket.id, 'a', 'b']);
  });

  it('is refused by closed permissions, which name the room, unnoticed by others', async () => {
    const { io, url } = await openStage();
    io.sockets.allow({ subscribe: (_socket, room) => room === 'a', publish: false });
    let count = 0;
    io.on('connection', () => {
      count += 1;
    });
    const { response, text, events } = await openStream(`${url}/events/a,b`);
    await events.ended();
    expect(response.status).toBe(403);
    expect(JSON.parse(text())).toMatchObject({ error: { code: 'FORBIDDEN', room: 'b' } });
    await expect(openTexts(`${url}/events/b`)).rejects.toThrow(/^403 .*"room":"b"/);
    expect(await post(`${url}/events/a`, '1')).toMatchObject({ status: 403, body: { error: { room: 'a' } } });
    expect(count).toBe(0);
    expect(io.sockets.adapter.rooms.size).toBe(0);
    expect(io.engine.clientsCount).toBe(0);
  });

  it('is refused with history as without it when it names more rooms than it may be in', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {}, roomsPerSocketMax: 2 });
    io.sockets.allow({ history: true });
    for (const query of ['', '?history=5']) {
      const { response, text, events } = await openStream(`${url}/events/a,b,c${query}`);
      await events.ended();
      expect([response.status, JSON.parse(text())]).toMatchObject([429, { error: { code: 'TOO_MANY', room: 'c' } }]);
    }
    io.use((socket, next) => {
      socket.join('b');
      next();
    });
    expect((await openStream(`${url}/events/a,b?history=5`)).response.status).toBe(200);
    expect([...io.sockets.adapter.rooms.keys()].filter((room) => room.length === 1)).toEqual(['b', 'a']);
  });

  it('waits for a slow permission, and then receives the events since then', async () => {
    const { io, url } = await openStage();
    let decide: (isAllowed: boolean) => void = () => undefined;
    io.sockets.allow({
      subscribe: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const entered = nextSocket(io);
    const opening = openStream(`${url}/events/a`);
    const socket = await entered;
    socket.emit('early', 1);
    expect([...socket.rooms]).toEqual([socket.id]);
    decide(true);
    const { events } = await opening;
    expect((await events.until(1)).map(said)).toEqual([['early', [1]]]);
    expect(socket.rooms.has('a')).toBe(true);
  });

  it('is answered in time when nobody decides', async () => {
    const { io, url } = await openStage({ connectTimeout: 50 });
    io.sockets.allow({ subscribe: () => new Promise(() => undefined), publish: () => new Promise(() => undefined) });
    io.of('/slow').use(() => undefined);
    const { response } = await openStream(`${url}/events/a`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await openStream(`${url}/events/slow/a`)).response.status).toBe(503);
    // An EventSource never tries again after a refusal.
    const source = await openStream(`${url}/events/a`, { accept: 'text/event-stream' });
    await source.events.ended();
    expect([source.response.status, source.text()]).toEqual([200, 'retry: 3000\n\n']);
    expect((await post(`${url}/events/a`, '1')).status).toBe(503);
    await expect(openTexts(`${url}/events/a`)).rejects.toThrow(/^503/);
    expect(io.engine.clientsCount).toBe(0);
  });

  it('passes the middleware, whose refusal is 401 or 403, and cannot enter an unknown namespace', async () => {
    const { io, url } = await openStage();
    io.use((socket, next) =>
      socket.handshake.auth.token === 'good'
        ? next()
        : next(Object.assign(new RangeError('no token'), { data: { code: 7 } })),
    );
    const error = { code: 'REFUSED', message: 'no token', data: { code: 7 } };
    const refused = await openStream(`${url}/events/a`);
    expect(refused.response.status).toBe(401);
    expect(refused.response.headers.get('www-authenticate')).toBe('Bearer');
    await refused.events.ended();
    expect(JSON.parse(refused.text())).toEqual({ error });
    expect((await openStream(`${url}/events/a?token=bad`)).response.status).toBe(403);
    expect((await openStream(`${url}/events/a?token=good`)).response.status).toBe(200);
    expect((await openStream(`${url}/events/nowhere/a?token=good`)).response.status).toBe(404);
    expect(await post(`${url}/events/a`, '1')).toEqual({ status: 401, body: { error } });
    expect((await post(`${url}/events/a`, '1', { authorization: 'Bearer good' })).status).toBe(202);
    await expect(openTexts(`${url}/events/a`)).rejects.toThrow(/^401/);
    await openTexts(`${url}/events/a?auth=${encodeURIComponent('{"token":"good"}')}`);
  });

  it('is answered when the server closes before the decision', async () => {
    const { io, url } = await openStage();
    let asked = 0;
    io.use(() => {
      asked += 1;
    });
    const [stream, source, posted, page] = [
      openStream(`${url}/events/a`),
      openStream(`${url}/events/a`, { accept: 'text/event-stream' }),
      post(`${url}/events/a`, '1'),
      openTexts(`${url}/events/a`),
    ];
    page.catch(() => undefined);
    await expect.poll(() => asked).toBe(4);
    const closed = io.close();
    expect((await stream).response.status).toBe(503);
    // An EventSource never tries again after a refusal.
    const { response, text, events } = await source;
    await events.ended();
    expect([response.status, text()]).toEqual([200, 'retry: 3000\n\n']);
    expect(await posted).toMatchObject({ status: 503, body: { error: { code: 'CLOSED' } } });
    await expect(page).rejects.toThrow(/^503/);
    await closed;
  });

  it('is forgotten when it leaves before the decision', async () => {
    const { io, url, port } = await openStage();
    let asked: () => void = () => undefined;
    const question = new Promise<void>((resolve) => {
      asked = resolve;
    });
    io.use((_socket, next) => {
      asked();
      setTimeout(next, 100);
    });
    const raw = await openRaw(port, `GET /events/a HTTP/1.1\r\nHost: a\r\n\r\n`);
    await question;
    raw.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(io.sockets.sockets.size).toBe(0);
    expect(io.engine.clientsCount).toBe(0);
    expect((await openStream(`${url}/events/a`)).response.status).toBe(200);
  });

  it("is refused above the server's limit of sessions", async () => {
    const { url } = await openStage({ sessionsMax: 1 });
    await openStream(`${url}/events/a`);
    expect((await openStream(`${url}/events/a`)).response.status).toBe(503);
    expect((await post(`${url}/events/a`, '1')).status).toBe(503);
  });
});
