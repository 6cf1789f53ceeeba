import { describe, expect, it, vi } from 'vitest';
import { coreIn, join, membersIn, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { enterRoomWithHistory } from '../../../src/namespace/history/entering.js';
import type { History } from '../../../src/namespace/history/history.js';
import type { Member } from '../../../src/namespace/socket/socket.js';

const RECOVERY = { connectionStateRecovery: {} };

/** Returns the member of the only client. */
function memberIn(server: TestServer): Member {
  return membersIn(server)[0] as Member;
}

/** Makes the next reading of history fail, on demand. */
function failing(past: History): () => void {
  let fail = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    fail = resolve;
  });
  vi.spyOn(past, 'readQueued').mockImplementationOnce(async () => {
    await gate;
    throw new UnavailableError('IO_FAILED', 'the disk is gone');
  });
  return () => fail();
}

/** Makes the next reading of history wait until it is released. */
function waiting(past: History): () => void {
  const read = past.readRecords.bind(past);
  let goOn = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  vi.spyOn(past, 'readQueued').mockImplementationOnce(async (_reader, query) => {
    await gate;
    return read(query);
  });
  return () => goOn();
}

async function call(server: TestServer, client: Awaited<ReturnType<typeof join>>, ...event: unknown[]) {
  client.send(`427${JSON.stringify(event)}`);
  await server.clock.settle();
  const answer = client.texts.filter((text) => text.startsWith('437')).at(-1) ?? '437[]';
  return JSON.parse(answer.slice(3))[0];
}

describe('a client that enters with history', () => {
  it('receives earlier events as the answer, and later ones as they arrive, without duplicates or gaps', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    for (let n = 1; n <= 3; n += 1) server.io.to('lobby').emit('n', n);
    server.io.on('connection', () => undefined);
    client.send('427["naru:subscribe","lobby",{"history":2}]');
    await server.clock.settle();
    server.io.to('lobby').emit('n', 4);
    await server.clock.settle();
    const [answer, live, ...more] = client.texts;
    const [{ history }] = JSON.parse(answer?.slice(3) ?? '');
    expect(history.events.map(({ args }: { args: unknown[] }) => args[0])).toEqual([2, 3]);
    expect(history.hasMore).toBe(true);
    expect(live).toMatch(/^42\["n",4,/);
    expect(more).toEqual([]);
  });

  it('stays outside if it has too many readings open, and is not kept waiting', async () => {
    const server = stage(RECOVERY);
    await join(server);
    const member = memberIn(server);
    const holds = vi.spyOn(coreIn(server).reception, 'pauseFor');
    const codes: unknown[] = [];
    for (let n = 1; n <= 6; n += 1) {
      const wish = { rooms: [`room-${n}`], query: undefined };
      enterRoomWithHistory(coreIn(server), member, `room-${n}`, wish, (refusal) => codes.push(refusal?.code ?? 'yes'));
    }
    expect([codes, holds.mock.calls.length, member.rooms.size - 1]).toEqual([['TOO_MANY', 'TOO_MANY'], 4, 4]);
    await server.clock.settle();
    expect(codes.slice(2)).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(member.lag !== undefined).toBe(false);
  });

  it('stays outside if it may not read', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true });
    const client = await join(server);
    expect((await call(server, client, 'naru:subscribe', 'lobby', { history: 5 })).error.code).toBe('FORBIDDEN');
    expect(memberIn(server).socket.rooms.has('lobby')).toBe(false);
    expect(await call(server, client, 'naru:subscribe', 'lobby', {})).toEqual({});
    expect((await call(server, client, 'naru:subscribe', 'hall', { history: 'all' })).error.code).toBe('BAD_QUERY');
  });

  it('stays outside if too many readings of others wait, and is not kept waiting', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const member = memberIn(server);
    const { socket } = member;
    const { past } = coreIn(server);
    const reading = vi.spyOn(past, 'readRecords').mockReturnValue(new Promise(() => undefined));
    const waiting = { rooms: new Set(['lobby']) };
    while (!past.isFullFor(member.socket)) void past.readQueued(member.socket, waiting);
    expect(await past.readQueued(member.socket, waiting)).toBeUndefined();
    const holds = vi.spyOn(coreIn(server).reception, 'pauseFor');
    client.send('421["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    expect(client.texts).toEqual([
      '431[{"error":{"code":"TOO_MANY","message":"too many history requests are waiting: try again later"}}]',
    ]);
    expect([holds.mock.calls.length, socket.rooms.has('lobby')]).toEqual([0, false]);
    expect(reading).toHaveBeenCalledTimes(2);
  });

  it('leaves again if the log could not be read, and receives nothing of the room', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const member = memberIn(server);
    const { socket } = member;
    const fail = failing(coreIn(server).past);
    client.send('421["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    expect(socket.rooms.has('lobby')).toBe(true);
    server.io.to('lobby').emit('n', 1);
    fail();
    await server.clock.settle();
    server.io.to('lobby').emit('n', 2);
    await server.clock.settle();
    expect([client.texts, socket.rooms.has('lobby'), member.lag !== undefined]).toEqual([
      ['431[{"error":{"code":"FAILED","message":"the log could not be read"}}]'],
      false,
      false,
    ]);
    expect((await call(server, client, 'naru:subscribe', 'lobby', { history: 5 })).history.events).toHaveLength(2);
  });

  it.each([
    ['it was there before', true, []],
    ['it was let in without history meanwhile', false, ['422["naru:subscribe","lobby"]']],
    ['another reading gave it the history', false, ['422["naru:subscribe","lobby",{"history":5}]']],
  ])('stays in the room without permission to read when %s', async (_when, isIn, meanwhile) => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const { socket } = memberIn(server);
    if (isIn) socket.join('lobby');
    const fail = failing(coreIn(server).past);
    client.send('421["naru:subscribe","lobby",{"history":5}]', ...meanwhile);
    await server.clock.settle();
    fail();
    await server.clock.settle();
    expect(client.texts.some((text) => text.startsWith('431[{"error"'))).toBe(true);
    expect(socket.rooms.has('lobby')).toBe(true);
    socket.leave('lobby');
    failing(coreIn(server).past)();
    expect((await call(server, client, 'naru:subscribe', 'lobby', { history: 5 })).error.code).toBe('FAILED');
    expect(socket.rooms.has('lobby')).toBe(false);
  });

  it.each<[string, (server: TestServer, socket: Member['socket']) => void]>([
    ['put it there', (_server, socket) => socket.join('lobby')],
    ['put everybody there', (server) => server.io.socketsJoin(['hall', 'lobby'])],
    [
      'made it present there',
      (server) => [...server.io.sockets.sockets.values()].map((each) => server.io.presence('lobby').join(each)),
    ],
    [
      'put it out and there again',
      (_server, socket) => {
        socket.leave('lobby');
        socket.join('lobby');
      },
    ],
  ])('stays in the room without permission to read when the application %s meanwhile', async (_what, put) => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const { socket } = memberIn(server);
    const fails = [failing(coreIn(server).past), failing(coreIn(server).past)];
    client.send('421["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    put(server, socket);
    client.send('422["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    for (const fail of fails) {
      fail();
      await server.clock.settle();
    }
    const codes = client.texts.filter((text) => text.includes('FAILED')).map((text) => text.slice(0, 3));
    expect([codes, socket.rooms.has('lobby')]).toEqual([['431', '432'], true]);
  });

  it('stays in the room without permission to read when the application made it present at the entry', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const socket = server.io.sockets.sockets.values().next().value;
    server.io.sockets.adapter.on('join-room', (room) => {
      if (room === 'lobby' && socket) server.io.presence(room).join(socket);
    });
    failing(coreIn(server).past)();
    expect((await call(server, client, 'naru:subscribe', 'lobby', { history: 5 })).error.code).toBe('FAILED');
    expect(socket?.rooms.has('lobby')).toBe(true);
  });

  it.each<['came' | 'failed', string, boolean]>([
    ['failed', 'is outside', false],
    ['came', 'is outside', false],
    ['failed', 'stays where the application put it meanwhile', true],
  ])('that left before its first history %s and entered again %s when the second fails', async (first, _is, isPut) => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const { socket } = memberIn(server);
    const ends = [
      first === 'failed' ? failing(coreIn(server).past) : waiting(coreIn(server).past),
      failing(coreIn(server).past),
    ];
    client.send('421["naru:subscribe","lobby",{"history":5}]', '42["naru:unsubscribe","lobby"]');
    client.send('422["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    ends[0]?.();
    await server.clock.settle();
    expect([client.texts.map((text) => text.slice(0, 3)), socket.rooms.has('lobby')]).toEqual([['431'], true]);
    if (isPut) socket.join('lobby');
    ends[1]?.();
    await server.clock.settle();
    expect([client.texts[1]?.slice(0, 13), socket.rooms.has('lobby')]).toEqual(['432[{"error":', isPut]);
  });

  it('watches rooms only while something is read', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const clients = [await join(server), await join(server)];
    const [socket, gone] = [...server.io.sockets.sockets.values()];
    const { members } = coreIn(server);
    const ends = clients.map(() => failing(coreIn(server).past));
    for (const client of clients) {
      client.send('421["naru:subscribe","lobby",{"history":5}]');
      await server.clock.settle();
    }
    ends[0]?.();
    await server.clock.settle();
    gone?.disconnect();
    expect([socket?.rooms.has('lobby'), gone?.connected, members.watcher]).toEqual([false, false, expect.anything()]);
    ends[1]?.();
    await server.clock.settle();
    expect(members.watcher).toBeUndefined();
  });

  it('never leaves its own room', async () => {
    const server = stage(RECOVERY);
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const { socket } = memberIn(server);
    failing(coreIn(server).past)();
    expect((await call(server, client, 'naru:subscribe', socket.id, { history: 5 })).error.code).toBe('FAILED');
    server.io.to(socket.id).emit('n', 1);
    await server.clock.settle();
    expect(client.texts.at(-1)).toMatch(/^42\["n",1/);
  });

  it('that reads late gets what it missed, then the page, and then each later event once', async () => {
    const server = stage({ ...RECOVERY, lateBytesMax: 20_000 });
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    const say = (n: number): void => void server.io.to('lobby').emit('n', n);
    memberIn(server).socket.join('big');
    client.link?.hold('down');
    for (let n = 1; n <= 20; n += 1) {
      server.io.to('big').emit('big', 'x'.repeat(5_000));
      say(n);
      await server.clock.settle();
    }
    expect(memberIn(server).lag).toBeDefined();
    client.send('421["naru:subscribe","lobby",{"history":1000}]');
    await server.clock.settle();
    for (let n = 21; n <= 30; n += 1) {
      say(n);
      await server.clock.settle();
    }
    client.link?.release();
    await server.clock.settle();
    say(31);
    await server.clock.settle();
    const texts = client.texts.map((text) => text.slice(0, 8));
    const answerAt = texts.findIndex((text) => text.startsWith('431'));
    const history = JSON.parse(client.texts[answerAt]?.slice(3) ?? '')[0].history;
    expect([history.hasGap, history.events.map(({ args }: { args: unknown[] }) => args[0])]).toEqual([
      false,
      Array.from({ length: 20 }, (_, n) => n + 1),
    ]);
    const live = client.texts.filter((text) => text.startsWith('42["n"')).map((text) => JSON.parse(text.slice(2))[1]);
    expect(live).toEqual(Array.from({ length: 11 }, (_, n) => n + 21));
    expect([texts.lastIndexOf('42["big"'), texts.findIndex((text) => text.startsWith('42["n"'))]).toEqual([
      answerAt - 1,
      answerAt + 1,
    ]);
  });

  it('that reads late gets a full page, whatever was sent since', async () => {
    const server = stage({ ...RECOVERY, lateBytesMax: 20_000, history: { recordsMax: 60 } });
    server.io.allow({ subscribe: true, history: true });
    const client = await join(server);
    for (let n = 1; n <= 10; n += 1) server.io.to('lobby').emit('n', n);
    memberIn(server).socket.join('big');
    client.link?.hold('down');
    for (let n = 0; n < 20; n += 1) {
      server.io.to('big').emit('big', 'x'.repeat(5_000));
      await server.clock.settle();
    }
    expect(memberIn(server).lag).toBeDefined();
    client.send('421["naru:subscribe","lobby",{"history":5}]');
    await server.clock.settle();
    for (let n = 11; n <= 100; n += 1) server.io.to('lobby').emit('n', n);
    await server.clock.settle();
    client.link?.release();
    await server.clock.settle();
    const answer = client.texts.find((text) => text.startsWith('431')) ?? '431[]';
    const { events, hasMore } = JSON.parse(answer.slice(3))[0].history;
    expect([events.map(({ args }: { args: unknown[] }) => args[0]), hasMore]).toEqual([[6, 7, 8, 9, 10], true]);
  });
});
