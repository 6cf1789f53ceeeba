import { describe, expect, it } from 'vitest';
import { nextSocket, openRaw, openStage, openTexts } from '../../../../../test/kit/clients/plain-events.js';

describe('a plain WebSocket', () => {
  it('carries events both ways, and acknowledgements', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    const socket = await entered;
    expect(socket.conn.transport.name).toBe('websocket');
    const heard = new Promise((resolve) =>
      socket.on('say', (...args) => {
        const answer = args.pop() as (...answers: unknown[]) => void;
        answer('ok', Uint8Array.of(1));
        resolve(args);
      }),
    );
    page.say({ event: 'say', args: ['hi', { $bytes: 'AQ==' }], id: 7 });
    expect(await heard).toEqual(['hi', Buffer.of(1)]);
    const asked = socket.emitWithAck('question', 1);
    expect(await page.inbox.until(2)).toEqual([
      { ack: 7, args: ['ok', { $bytes: 'AQ==' }] },
      { event: 'question', args: [1], id: expect.any(Number) },
    ]);
    page.say({ ack: page.inbox.items[1]?.id, args: ['answer'] });
    expect(await asked).toBe('answer');
  });

  it('enters and leaves rooms, and sends to them, with open permissions', async () => {
    const { io, url } = await openStage();
    io.sockets.allow({ subscribe: (_socket, room) => room !== 'closed', publish: (_socket, room) => room === 'a' });
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/`);
    const socket = await entered;
    page.say({ join: 'a', id: 1 });
    page.say({ event: 'say', args: ['hi'], room: 'a' });
    page.say({ event: 'say', args: ['hi'], room: 'a', id: 2 });
    page.say({ leave: 'a', id: 3 });
    page.say({ join: 'closed' });
    page.say({ event: 'say', room: 'b', id: 4 });
    const said = { event: 'say', args: ['hi'], room: 'a' };
    expect(await page.inbox.until(7)).toEqual([
      { ack: 1, args: [] },
      said,
      said,
      { ack: 2, args: [] },
      { ack: 3, args: [] },
      { error: { code: 'FORBIDDEN', message: expect.any(String), room: 'closed' } },
      { error: { code: 'FORBIDDEN', message: expect.any(String), room: 'b' }, id: 4 },
    ]);
    expect([...socket.rooms]).toEqual([socket.id]);
  });

  it('leaves a room after its earlier requests, and is told then', async () => {
    const { io, url } = await openStage();
    let decide: (isAllowed: boolean) => void = () => undefined;
    io.sockets.allow({
      subscribe: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/`);
    const socket = await entered;
    page.say({ join: 'a', id: 1 });
    page.say({ leave: 'a', id: 2 });
    const heard = new Promise((resolve) => socket.on('last', resolve));
    page.say({ event: 'last' });
    await heard;
    decide(true);
    expect(await page.inbox.until(2)).toEqual([
      { ack: 1, args: [] },
      { ack: 2, args: [] },
    ]);
    expect([...socket.rooms]).toEqual([socket.id]);
  });

  it('passes bytes to the listeners of "message"', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    const socket = await entered;
    const heard = new Promise((resolve) => socket.on('message', resolve));
    page.socket.send(Buffer.of(1, 2));
    expect(await heard).toEqual(Buffer.of(1, 2));
  });

  it('is closed with a reason after invalid input', async () => {
    const { io, url } = await openStage({ maxHttpBufferSize: 1000 });
    const bad: [unknown, number, string][] = [
      ['{', 1007, 'JSON_BAD_TEXT'],
      ['{"data":1}', 1008, 'JSON_BAD_EVENT'],
      ['{"event":"connect"}', 1008, 'PLAIN_BAD_INPUT'],
      [`{"event":"a","${'\u20ac'.repeat(60)}":1}`, 1008, 'JSON_BAD_EVENT'],
    ];
    for (const [text, code, name] of bad) {
      const entered = nextSocket(io);
      const page = await openTexts(`${url}/events/a`);
      const socket = await entered;
      const gone = new Promise((resolve) => socket.on('disconnect', resolve));
      page.socket.send(text as string);
      expect((await page.closed)[0]).toBe(code);
      expect(page.inbox.items).toMatchObject([{ error: { code: name } }]);
      expect(await gone).toBe('parse error');
    }
    const page = await openTexts(`${url}/events/a`);
    page.socket.send('x'.repeat(1001));
    expect((await page.closed)[0]).toBe(1009);
  });

  it('learns that the server disconnected it', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    (await entered).disconnect();
    expect((await page.closed)[0]).toBe(1000);
    expect(page.inbox.items).toEqual([{ event: 'naru:disconnect', args: ['server namespace disconnect'] }]);
  });

  it('leaves by itself', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    const socket = await entered;
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    page.socket.close(1000);
    expect(await gone).toBe('transport close');
    expect(io.engine.clientsCount).toBe(0);
  });

  it('ends when it does not answer pings', async () => {
    const { io, port } = await openStage({ pingInterval: 40 });
    const entered = nextSocket(io);
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13';
    await openRaw(
      port,
      `GET /events/a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`,
    );
    const socket = await entered;
    expect(await new Promise((resolve) => socket.on('disconnect', resolve))).toBe('ping timeout');
  });

  it('continues after its last event', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    await entered;
    io.to('a').emit('one');
    const [{ offset } = {}] = await page.inbox.until(1);
    page.socket.close();
    await page.closed;
    io.to('a').emit('two');
    const again = await openTexts(`${url}/events/a?lastEventId=${String(offset)}`);
    expect(await again.inbox.until(1)).toMatchObject([{ event: 'two', room: 'a' }]);
    const late = await openTexts(`${url}/events/a?lastEventId=gone`);
    expect(await late.inbox.until(1)).toEqual([{ event: 'naru:gap', args: [{ after: 'gone', before: null }] }]);
  });

  it('may be compressed if the server compresses', async () => {
    const { io, url } = await openStage({ perMessageDeflate: { threshold: 10 } });
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`, { perMessageDeflate: true });
    (await entered).emit('big', 'x'.repeat(1000));
    expect(await page.inbox.until(1)).toEqual([{ event: 'big', args: ['x'.repeat(1000)] }]);
    expect(page.socket.extensions).toContain('permessage-deflate');
  });
});

describe('history and presence over a plain WebSocket', () => {
  it('are answered if the application allows it', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    io.sockets.allow({ history: true, presence: (_socket, room) => room === 'a' });
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/a`);
    io.presence('a').join(await entered, { id: 'ann', state: 1 });
    io.to('b').emit('say', 'no');
    io.to('a').emit('say', 'hi', Buffer.of(1));
    await page.inbox.until(1);
    page.say({ history: 'a' });
    page.say({ history: 'a', limit: 1, id: 1 });
    page.say({ presence: 'a' });
    page.say({ presence: 'a', id: 2 });
    page.say({ history: 'b', id: 3 });
    page.say({ presence: 'b' });
    page.say({ history: 'a', limit: 0 });
    const events = [
      { offset: expect.any(String), at: expect.any(Number), event: 'say', args: ['hi', { $bytes: 'AQ==' }] },
    ];
    const list = { members: [{ id: 'ann', state: 1, connections: 1, since: expect.any(Number) }], count: 1 };
    const items = (await page.inbox.until(8)).slice(1);
    expect(items).toHaveLength(7);
    expect(items).toEqual(
      expect.arrayContaining([
        { history: 'a', events, hasMore: false, hasGap: false },
        { ack: 1, args: [{ events, hasMore: false, hasGap: false }] },
        { presence: 'a', ...list },
        { ack: 2, args: [list] },
        { error: { code: 'FORBIDDEN', message: expect.any(String), room: 'b' }, id: 3 },
        { error: { code: 'FORBIDDEN', message: expect.any(String), room: 'b' } },
        { error: { code: 'BAD_QUERY', message: expect.any(String), room: 'a' } },
      ]),
    );
  });

  it('begin with earlier events if the address asks for them', async () => {
    const { io, url } = await openStage({ connectionStateRecovery: {} });
    io.sockets.allow({ history: true });
    for (let n = 1; n <= 3; n += 1) io.to('a').emit('n', n);
    const page = await openTexts(`${url}/events/a?history=2`);
    io.to('a').emit('n', 4);
    expect((await page.inbox.until(3)).map(({ args }) => args)).toEqual([[2], [3], [4]]);
  });
});
