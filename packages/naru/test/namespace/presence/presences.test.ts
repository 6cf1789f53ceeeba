import { describe, expect, it } from 'vitest';
import { RawClient } from '../../../../../test/kit/clients/raw-client.js';
import { coreIn, join, stage } from '../../../../../test/kit/servers/test-server.js';
import type { TestServer } from '../../../../testing/src/entry/index.js';
import type { PresenceMember } from '../../../src/namespace/presence/roster.js';

type Stage = TestServer;

/** Records the events of a room's presence, such as `join ann`. */
function hear(server: Stage, room: string): string[] {
  const heard: string[] = [];
  const presence = server.io.presence(room);
  for (const event of ['join', 'update', 'leave'] as const)
    presence.on(event, ({ id, state }) => heard.push(`${event} ${id} ${JSON.stringify(state)}`));
  return heard;
}

const socketsOf = (server: Stage) => [...server.io.sockets.sockets.values()];
const ids = (members: readonly PresenceMember[]) => members.map(({ id }) => id);

describe('the presence of a room', () => {
  it('consists of the members that the application creates for its sockets', async () => {
    const server = stage();
    const heard = hear(server, 'lobby');
    await join(server);
    const [socket] = socketsOf(server);
    const presence = server.io.presence('lobby');
    if (!socket) return expect.unreachable();
    expect(presence.update(socket, 1)).toBe(false);
    presence.join(socket, { id: 'ann', state: { mood: 'good' } });
    expect(socket.rooms.has('lobby')).toBe(true);
    expect(presence.update(socket, { mood: 'bad' })).toBe(true);
    presence.update(socket, { mood: 'bad' });
    expect(await presence.list()).toEqual([
      { id: 'ann', state: { mood: 'bad' }, connections: 1, since: server.clock.now() },
    ]);
    expect([presence.leave(socket), presence.leave(socket), socket.rooms.has('lobby')]).toEqual([true, false, true]);
    expect(heard).toEqual(['join ann {"mood":"good"}', 'update ann {"mood":"bad"}', 'leave ann {"mood":"bad"}']);
    expect(await presence.count()).toBe(0);
  });

  it('keeps the identity and the state of a socket that is made present again without them', async () => {
    const server = stage();
    const heard = hear(server, 'lobby');
    await join(server);
    const [socket] = socketsOf(server);
    if (!socket) return expect.unreachable();
    const presence = server.io.presence('lobby').join(socket, { id: 'ann', state: 1 });
    await server.clock.advance(10);
    presence.join(socket).join(socket, { id: 'ann' });
    expect(heard).toEqual(['join ann 1']);
    presence.join(socket, { state: null });
    expect(heard).toEqual(['join ann 1', 'update ann null']);
    expect((await presence.list())[0]?.since).toBe(server.clock.now() - 10);
  });

  it('has the newest state, and not that of a tab that set none or came back', async () => {
    const server = stage();
    await join(server);
    await join(server);
    const [one, two] = socketsOf(server);
    if (!one || !two) return expect.unreachable();
    const presence = server.io.presence('lobby').join(one, { id: 'ann', state: 'old' });
    await server.clock.advance(10);
    presence.join(two, { id: 'ann' });
    expect((await presence.list())[0]).toMatchObject({ state: 'old', connections: 2 });
    presence.update(two, 'new');
    await server.clock.advance(10);
    presence.join(one, { id: 'ann' });
    expect((await presence.list())[0]?.state).toBe('new');
  });

  it('ends with the room, and with the connection', async () => {
    const server = stage();
    const heard = hear(server, 'lobby');
    const clients = [await join(server), await join(server), await join(server)];
    const [one, two, three] = socketsOf(server);
    server.io.on('connection', () => undefined);
    for (const [socket, id] of [
      [one, 'ann'],
      [two, 'ben'],
      [three, 'cem'],
    ] as const)
      if (socket) server.io.presence('lobby').join(socket, { id });
    one?.leave('lobby');
    two?.disconnect();
    clients[2]?.close();
    await server.clock.settle();
    expect(heard.slice(3)).toEqual(['leave ann null', 'leave ben null', 'leave cem null']);
    expect(coreIn(server).presences.roomCount).toBe(1);
    server.io.presence('lobby').off();
    expect(coreIn(server).presences.roomCount).toBe(0);
  });

  it('counts connections if nobody has an identity', async () => {
    const server = stage();
    await join(server);
    await join(server);
    for (const socket of socketsOf(server)) server.io.presence('lobby').join(socket);
    expect(ids(await server.io.presence('lobby').list()).sort()).toEqual(
      socketsOf(server)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('uses a newer state of another tab, also within one millisecond', async () => {
    const server = stage();
    await join(server);
    await join(server);
    const [one, two] = socketsOf(server);
    const presence = server.io.presence('lobby');
    const state = async () => (await presence.list())[0]?.state;
    if (!one || !two) return expect.unreachable();
    presence.join(one, { id: 'ann', state: 1 }).join(two, { id: 'ann', state: 2 });
    const states = [await state()];
    presence.update(one, 3);
    states.push(await state());
    presence.update(two, 4);
    states.push(await state());
    presence.leave(two);
    states.push(await state());
    expect(states).toEqual([2, 3, 4, 3]);
  });

  it('has limits that throw, and leave nothing behind', async () => {
    const server = stage({ presence: { connectionsMax: 1, stateBytesMax: 10, membersMax: 1 } });
    await join(server);
    await join(server);
    const [one, two] = socketsOf(server);
    const presence = server.io.presence('lobby');
    if (!one || !two) return expect.unreachable();
    expect(() => presence.join(one, { state: '한글한글' })).toThrow('stateBytesMax');
    expect(() => presence.join(one, { state: () => 1 })).toThrow('a presence state must be JSON, got a function');
    expect(() => presence.join(one, { id: '' })).toThrow('the id of a member');
    expect(() => server.io.presence('')).toThrow('the name of a room');
    presence.join(one, { state: 1 });
    expect(() => presence.join(two)).toThrow('1 connections are present in "lobby"');
    expect(() => presence.update(one, 'x'.repeat(20))).toThrow('stateBytesMax');
    expect([two.rooms.has('lobby'), await presence.count()]).toEqual([false, 1]);
    presence.join(one, { state: 2 });
    expect((await presence.list())[0]?.state).toBe(2);
  });

  it('counts a socket that joins at the moment at which the last other one leaves', async () => {
    const server = stage();
    await join(server);
    await join(server);
    const [one, two] = socketsOf(server);
    if (!one || !two) return expect.unreachable();
    const presence = server.io.presence('lobby').join(one, { id: 'ann' });
    server.io.of('/').adapter.on('join-room', () => one.leave('lobby'));
    presence.join(two, { id: 'ben' });
    expect(ids(await presence.list())).toEqual(['ben']);
    expect([presence.leave(two), ids(await presence.list())]).toEqual([true, []]);
    expect(coreIn(server).presences.roomCount).toBe(0);
  });

  it('is for sockets that have entered', async () => {
    const server = stage();
    const outcomes: unknown[] = [];
    server.io.use((socket, next) => {
      try {
        server.io.presence('lobby').join(socket);
      } catch (error) {
        outcomes.push((error as { code: string }).code);
      }
      next();
    });
    await join(server);
    const [socket] = socketsOf(server);
    socket?.disconnect();
    if (socket) server.io.presence('lobby').join(socket);
    expect([outcomes, await server.io.presence('lobby').count()]).toEqual([['WRONG_STATE'], 0]);
  });
});

describe('announced presence', () => {
  it('notifies the members of the room, and gives the list to newcomers', async () => {
    const server = stage({ connectionStateRecovery: {} });
    const [one, two] = [await join(server), await join(server)];
    const [ann, ben] = socketsOf(server);
    const presence = server.io.presence('lobby', { announce: true });
    if (!ann || !ben) return expect.unreachable();
    presence.join(ann, { id: 'ann' });
    server.io.to('lobby').emit('say', 1);
    presence.join(ben, { id: 'ben', state: 1 });
    presence.update(ben, 2);
    presence.leave(ann);
    await server.clock.settle();
    const names = (texts: string[]) => texts.map((text) => (JSON.parse(text.slice(2)) as unknown[])[0]);
    expect(names(one.texts)).toEqual([
      'naru:presence:join',
      'naru:presence:list',
      'say',
      'naru:presence:join',
      'naru:presence:update',
      'naru:presence:leave',
    ]);
    expect(names(two.texts)).toEqual([
      'naru:presence:join',
      'naru:presence:list',
      'naru:presence:update',
      'naru:presence:leave',
    ]);
    const at = server.clock.now();
    expect(JSON.parse(two.texts[1]?.slice(2) ?? '')).toEqual([
      'naru:presence:list',
      'lobby',
      {
        members: [
          { id: 'ann', state: null, connections: 1, since: at },
          { id: 'ben', state: 1, connections: 1, since: at },
        ],
        count: 2,
      },
    ]);
  });

  it('is not announced unless the application wants it', async () => {
    const server = stage();
    const client = await join(server);
    const [socket] = socketsOf(server);
    if (socket) server.io.presence('lobby').join(socket, { id: 'ann' });
    await server.clock.settle();
    expect(client.texts).toEqual([]);
  });

  it('is not in the log', async () => {
    const server = stage({ connectionStateRecovery: {} });
    await join(server);
    const [socket] = socketsOf(server);
    if (socket) server.io.presence('lobby', { announce: true }).join(socket);
    await server.clock.settle();
    expect((await server.io.history('lobby')).events).toEqual([]);
  });
});

describe('a lost connection', () => {
  it('counts as present for its grace, and no longer', async () => {
    const server = stage({ presence: { grace: 5_000 } });
    const heard = hear(server, 'lobby');
    const client = await join(server);
    const [socket] = socketsOf(server);
    if (socket) server.io.presence('lobby').join(socket, { id: 'ann' });
    client.close();
    await server.clock.advance(4_000);
    expect(heard).toEqual(['join ann null']);
    await server.clock.advance(1_500);
    expect(heard).toEqual(['join ann null', 'leave ann null']);
  });

  it('does not flicker when the page reloads', async () => {
    const server = stage({ presence: { grace: 5_000 } });
    const heard = hear(server, 'lobby');
    server.io.on('connection', (socket) => server.io.presence('lobby').join(socket, { id: 'ann' }));
    const client = await join(server);
    client.close();
    await server.clock.advance(1_000);
    await join(server);
    await server.clock.advance(20_000);
    expect(heard).toEqual(['join ann null']);
    expect((await server.io.presence('lobby').list())[0]?.connections).toBe(1);
  });

  it.each([0, 5_000])('is present again when its session is recovered after a grace of %d', async (grace) => {
    const server = stage({ presence: { grace }, connectionStateRecovery: {} });
    const heard = hear(server, 'lobby');
    server.io.on('connection', (socket) => {
      if (socket.recovered) heard.push(`connection ${[...socket.rooms].includes('lobby')}`);
      else server.io.presence('lobby', { announce: true }).join(socket, { id: 'ann', state: { mood: 'well' } });
    });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.settle();
    const { pid } = JSON.parse(client.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '') as { pid: string };
    client.terminate();
    await server.clock.advance(60_000);
    expect(heard.splice(0)).toEqual(['join ann {"mood":"well"}', 'leave ann {"mood":"well"}']);
    const again = await RawClient.open(server, { answersPings: true });
    again.send(`40${JSON.stringify({ pid })}`);
    await server.clock.settle();
    // As after a shorter absence: before the listener of `connection`.
    expect(heard).toEqual(['join ann {"mood":"well"}', 'connection true']);
    expect(again.texts.at(-1)).toMatch(/^42\["naru:presence:list","lobby",\{"members":\[\{"id":"ann"/);
    expect(await server.io.presence('lobby').list()).toMatchObject([{ id: 'ann', connections: 1 }]);
    // A disconnected member is not.
    again.send('41');
    await server.clock.settle();
    expect(await server.io.presence('lobby').list()).toEqual([]);
  });

  it('is not present again with more connections than a room allows', async () => {
    const server = stage({ presence: { grace: 0, connectionsMax: 1 }, connectionStateRecovery: {} });
    server.io.on('connection', (socket) => {
      if (!socket.recovered) server.io.presence('lobby').join(socket, { id: `of-${socket.id}` });
    });
    const client = await RawClient.open(server, { answersPings: true });
    client.send('40');
    await server.clock.settle();
    const { pid, sid } = JSON.parse(client.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '') as {
      pid: string;
      sid: string;
    };
    client.terminate();
    await server.clock.advance(30_000);
    await join(server);
    const again = await RawClient.open(server, { answersPings: true });
    again.send(`40${JSON.stringify({ pid })}`);
    await server.clock.settle();
    expect(server.io.sockets.sockets.has(sid)).toBe(true);
    const members = await server.io.presence('lobby').list();
    expect(ids(members)).not.toContain(`of-${sid}`);
    expect(members).toHaveLength(1);
  });

  it('has no grace if the client disconnected by itself', async () => {
    const server = stage({ presence: { grace: 5_000 } });
    const heard = hear(server, 'lobby');
    const client = await join(server);
    const [socket] = socketsOf(server);
    if (socket) server.io.presence('lobby').join(socket, { id: 'ann' });
    client.send('41');
    await server.clock.settle();
    expect(heard).toEqual(['join ann null', 'leave ann null']);
  });
});
